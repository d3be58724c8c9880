"""Small look-alikes of the corpora: files of the right names and sizes, whose pictures nobody opens."""

from pathlib import Path

from tinyvmaf.video.probe import RawFormat

SMALL = RawFormat(16, 16, "yuv420p")
FRAME = 16 * 16 * 3 // 2


def write(path: Path, content: bytes | str = b"video") -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content.encode() if isinstance(content, str) else content)
    return path


def frames(count: int, *, size: int = FRAME) -> bytes:
    return bytes(size * count)


def make_netflix(root: Path) -> Path:
    for name in ("BigBuckBunny_25fps", "Old_Town_2_30fps", "ElFuente1_30fps"):
        write(root / "ref" / f"{name}.yuv", frames(2))
    for name in ("BigBuckBunny_20_288_375", "BigBuckBunny_90_1080_4300", "Old_Town_2_40_384_550", "ElFuente1_5_240_90"):
        write(root / "dis" / f"{name}.yuv", frames(2))
    return root


def make_konvid(root: Path) -> Path:
    for number in (3339962845, 10244479353, 4495254692):
        write(root / "KoNViD_1k_videos" / f"{number}.mp4", f"video {number}")
    rows = "flickr_id,mos\n3339962845,4.64\n10244479353,4.14\n4495254692,3.9\n"
    write(root / "KoNViD_1k_metadata" / "KoNViD_1k_mos.csv", rows)
    return root


def make_bvi_dvc(root: Path) -> Path:
    write(root / "A" / "ABangkokMarketVidevo_3840x2176_25fps_10bit_420.mp4")
    write(root / "D" / "DBangkokMarketVidevo_480x272_25fps_10bit_420.yuv", frames(1, size=480 * 272 * 3))
    write(root / "D" / "DBoxing_Practice_480x272_59.94fps_8bit_422.yuv", frames(1, size=480 * 272 * 2))
    return root


def make_folder(root: Path) -> Path:
    for name in ("cat.mp4", "tag/straße eins.mkv", "deep/er/dog.y4m", ".hidden.mp4", "notes.txt"):
        write(root / name)
    return root


def make_manifest(root: Path) -> Path:
    for name in ("original/cat.mp4", "encodes/cat low.mp4", "original/dog.mp4"):
        write(root / name, name)
    text = (
        "path,reference,source,mos,mos_ci,sha256,mos_scale\n"
        "original/cat.mp4,,cat,4.8,,,1:5\n"
        "encodes/cat low.mp4,original/cat.mp4,,2.8,0.2,,1:5\n"
        "original/dog.mp4,,,3.5,,,1:5\n"
    )
    return write(root / "pets.csv", text)


MAKERS = {
    "netflix": make_netflix,
    "konvid-1k": make_konvid,
    "bvi-dvc": make_bvi_dvc,
    "folder": make_folder,
    "manifest": make_manifest,
}

"""An agent reads below the allowed folders and nowhere else, by whatever name."""

from pathlib import Path

import pytest

from tests.conftest import Clips
from tests.mcp_server.conftest import Workplace
from tinyvmaf.errors import VideoError
from tinyvmaf.video.file import VideoFile
from tinyvmaf.video.self_contained import check_self_contained


@pytest.fixture
def secret(tmp_path: Path, workplace: Workplace) -> Path:
    """A video beside the folder that may be read."""
    path = tmp_path / "secret.mp4"
    path.write_bytes((workplace.folder / "encode.mp4").read_bytes())
    return path


def refusal(workplace: Workplace, name: object) -> str:
    found = workplace.call("score_video", reference="reference.mp4", distorted=str(name))
    assert found.is_error
    return found.content[0].text


def test_paths_outside_are_refused_whether_or_not_they_exist(workplace: Workplace, secret: Path) -> None:
    for name in (secret, "../secret.mp4", "more/../../secret.mp4", secret.with_name("missing.mp4"), "/etc/passwd"):
        assert "outside the folders" in refusal(workplace, name)


def test_links_are_resolved_first(workplace: Workplace, secret: Path) -> None:
    (workplace.folder / "link.mp4").symlink_to(secret)
    (workplace.folder / "up").symlink_to(secret.parent)
    (workplace.folder / "loop").symlink_to(workplace.folder / "loop")
    assert "outside the folders" in refusal(workplace, "link.mp4")
    assert "outside the folders" in refusal(workplace, "up/secret.mp4")
    assert refusal(workplace, "loop")


def test_a_link_that_stays_inside_is_followed(workplace: Workplace) -> None:
    (workplace.folder / "link.mp4").symlink_to(workplace.folder / "encode.mp4")
    assert not workplace.call("score_video", reference="reference.mp4", distorted="link.mp4").is_error


def test_a_folder_whose_name_begins_alike_is_another_one(workplace: Workplace, secret: Path) -> None:
    twin = workplace.folder.with_name(workplace.folder.name + " too")
    twin.mkdir()
    secret.rename(twin / "secret.mp4")
    assert "outside the folders" in refusal(workplace, twin / "secret.mp4")


@pytest.mark.parametrize("name", ["", "a\0b", "~/x.mp4", "x" * 5000])
def test_odd_names_are_refused_with_a_sentence(workplace: Workplace, name: str) -> None:
    assert len(refusal(workplace, name)) > len("Error executing tool score_video")


def test_models_and_tables_are_confined_too(workplace: Workplace, tmp_path: Path) -> None:
    (tmp_path / "model").mkdir()
    wrong = workplace.call("score_video", reference="reference.mp4", distorted="encode.mp4", model="../model")
    assert "outside the folders" in wrong.content[0].text
    for table in ("../t.parquet", "name=../t.parquet", str(tmp_path / "t.parquet")):
        wrong = workplace.call("eval_model_on_table", model="fr_svr", table=table)
        assert "outside the folders" in wrong.content[0].text


def test_a_bundle_whose_parts_are_links_that_lead_out_is_refused(workplace: Workplace, tmp_path: Path) -> None:
    from tinyvmaf.bundles.shelves import shipped_shelf

    shipped = shipped_shelf().bundle("fr_svr")
    (workplace.folder / "own").mkdir()
    for part in (shipped.onnx, shipped.sidecar, shipped.card):
        (workplace.folder / "own" / part.name).write_bytes(part.read_bytes())
    pair = {"reference": "reference.mp4", "distorted": "encode.mp4"}
    assert not workplace.call("score_video", model="own", **pair).is_error
    (workplace.folder / "own" / shipped.sidecar.name).unlink()
    (workplace.folder / "own" / shipped.sidecar.name).symlink_to(shipped.sidecar)
    assert "outside the folders" in workplace.call("score_video", model="own", **pair).content[0].text


@pytest.mark.parametrize(
    "playlist",
    [
        "#EXTM3U\n#EXT-X-TARGETDURATION:1\n#EXTINF:1,\nfile:{secret}\n#EXT-X-ENDLIST\n",
        "ffconcat version 1.0\nfile '{secret}'\n",
    ],
    ids=["hls", "concat"],
)
def test_a_playlist_that_leads_out_is_refused(workplace: Workplace, secret: Path, playlist: str) -> None:
    for name in ("list.m3u8", "list.ffconcat", "list.mp4"):
        (workplace.folder / name).write_text(playlist.format(secret=secret), encoding="utf-8")
        assert "holds its own frames" in refusal(workplace, name)


@pytest.mark.parametrize(
    ("name", "arguments"),
    [
        ("a.mp4", ["-c:v", "libx264"]),
        ("a.mkv", ["-c:v", "libx264"]),
        ("a.webm", ["-c:v", "libvpx-vp9"]),
        ("a.ts", ["-c:v", "libx264"]),
        ("a.mov", ["-c:v", "libx264"]),
        ("a.avi", ["-c:v", "mpeg4"]),
        ("a.y4m", []),
        ("a.h264", ["-c:v", "libx264"]),
        ("a.hevc", ["-c:v", "libx265", "-x265-params", "log-level=none"]),
        ("a.obu", ["-c:v", "libsvtav1"]),
        ("a.ivf", ["-c:v", "libvpx-vp9"]),
        ("a.mpg", ["-c:v", "mpeg2video"]),
        ("a.mxf", ["-c:v", "mpeg2video"]),
    ],
)
def test_usual_containers_hold_their_own_frames(clips: Clips, name: str, arguments: list[str]) -> None:
    check_self_contained(VideoFile(clips(name, *arguments)))


def test_text_is_no_video(tmp_path: Path) -> None:
    (tmp_path / "notes.txt").write_text("hello", encoding="utf-8")
    with pytest.raises(VideoError, match="not a video"):
        check_self_contained(VideoFile(tmp_path / "notes.txt"))

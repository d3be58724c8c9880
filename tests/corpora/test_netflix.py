from fractions import Fraction
from pathlib import Path

import pytest

from tests.corpora.lookalikes import FRAME, SMALL, frames, make_netflix, write
from tinyvmaf.corpora.netflix import list_netflix
from tinyvmaf.errors import CorpusError
from tinyvmaf.video.encode import EncodeFacts, parse_rungs
from tinyvmaf.video.probe import VideoFile


def why(root: Path) -> dict[str, str]:
    return {problem.path: problem.why for problem in list_netflix(root, raw=SMALL).problems}


def test_names_give_source_rate_and_the_facts_of_the_encode(tmp_path: Path) -> None:
    clip = list_netflix(make_netflix(tmp_path), raw=SMALL).clips[-1]
    assert (clip.key, clip.source) == ("Old_Town_2_40_384_550", "Old_Town_2")
    assert clip.reference is not None
    assert clip.reference.path.name == "Old_Town_2_30fps.yuv"
    assert clip.reference.raw is not None
    assert clip.reference.raw.fps == Fraction(30)
    assert clip.facts == EncodeFacts(
        codec="h264", quality=40, bitrate_kbps=550, encode_height=384, width=16, height=16, fps=30
    )


def test_the_real_corpus_is_1080p_in_8_bit(tmp_path: Path) -> None:
    write(tmp_path / "ref" / "Tennis_24fps.yuv", frames(1, size=1920 * 1080 * 3 // 2))
    write(tmp_path / "dis" / "Tennis_20_288_375.yuv", frames(1, size=1920 * 1080 * 3 // 2))
    (clip,) = list_netflix(tmp_path).clips
    assert isinstance(clip.distorted, VideoFile)
    assert clip.distorted.raw is not None
    assert (clip.distorted.raw.width, clip.distorted.raw.height, clip.distorted.raw.pix_fmt) == (1920, 1080, "yuv420p")


@pytest.mark.parametrize(
    ("name", "content", "reason"),
    [
        ("dis/Ghost_20_288_375.yuv", frames(2), "reference Ghost_<fps>fps.yuv is missing"),
        ("ref/Lonely_25fps.yuv", frames(2), "no encode in dis/ is of Lonely"),
        ("dis/what is this.yuv", frames(2), "not of the form"),
        ("dis/readme.txt", b"words", "not of the form"),
        ("ref/Tennis.yuv", frames(2), "not of the form"),
        (
            "dis/ElFuente1_50_540_900.yuv",
            frames(2) + b"x",
            f"{2 * FRAME + 1} bytes are 2 frames of 16x16 yuv420p and 1",
        ),
        ("dis/ElFuente1_50_540_900.yuv", b"", "is empty"),
        ("dis/ElFuente1_50_540_900.yuv", frames(1), "has 1 frames, its reference ElFuente1_30fps.yuv 2"),
        ("ref/ElFuente1_60fps.yuv", frames(2), "a second reference of ElFuente1"),
    ],
)
def test_what_does_not_fit_is_named_with_the_reason(tmp_path: Path, name: str, content: bytes, reason: str) -> None:
    root = make_netflix(tmp_path)
    write(root / name, content)
    problems = why(root)
    assert list(problems) == [name]
    assert reason in problems[name]


def test_a_broken_reference_is_one_problem_and_takes_its_encodes_along(tmp_path: Path) -> None:
    root = make_netflix(tmp_path)
    write(root / "ref" / "BigBuckBunny_25fps.yuv", b"xyz")
    (reason,) = why(root).values()
    assert "2 encodes are left out" in reason
    assert "--assume-dims" in list_netflix(root).problems[0].why


def test_a_folder_where_a_video_belongs_is_named(tmp_path: Path) -> None:
    root = make_netflix(tmp_path)
    (root / "dis" / "Tennis_20_288_375.yuv").mkdir()
    assert why(root) == {"dis/Tennis_20_288_375.yuv": "is a folder, not a video"}


def test_a_ladder_and_a_missing_half_are_refused(tmp_path: Path) -> None:
    root = make_netflix(tmp_path)
    with pytest.raises(CorpusError, match="leave --ladder out"):
        list_netflix(root, rungs=parse_rungs("x264:35"))
    write(tmp_path / "other" / "ref" / "a_25fps.yuv")
    with pytest.raises(CorpusError, match=r"no folder .*dis"):
        list_netflix(tmp_path / "other")


def test_an_unknown_pixel_format_is_an_error(tmp_path: Path) -> None:
    from dataclasses import replace

    with pytest.raises(CorpusError, match="yuv421"):
        list_netflix(make_netflix(tmp_path), raw=replace(SMALL, pix_fmt="yuv421")).require_whole()

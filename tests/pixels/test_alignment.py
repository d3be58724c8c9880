"""Wrong pairs are told with the option that mends them; right pairs, however poor, are left in peace."""

from pathlib import Path

import pytest

from tests.conftest import Clips
from tinyvmaf.pixels.measure import KernelOptions, measure_pair
from tinyvmaf.video.crop import parse_crop
from tinyvmaf.video.measurement import Measurement
from tinyvmaf.video.pairing import plan_pair
from tinyvmaf.video.probe import probe

SLIDES = ("select='not(mod(n,12))',setpts=N*12/25/TB,fps=25", "-frames:v", "48")
"""A new picture every twelve frames, and nothing moves in between."""


def reference_of(clips: Clips, source: str = "mandelbrot", *, frames: int = 24, filters: str = "null") -> Path:
    chain = f"{filters},format=yuv420p"
    return clips("reference.mp4", "-c:v", "libx264", "-crf", "8", source=source, frames=frames, filters=chain)


def encode_of(clips: Clips, reference: Path, filters: str = "null", *, crf: int = 30) -> Path:
    return clips.derived(reference, "encode.mp4", "-vf", filters, "-c:v", "libx264", "-crf", str(crf))


def seeming(found: Measurement) -> list[str]:
    """What is said of the alignment; not what is said of the frames that an offset leaves out."""
    return [words for words in found.warnings if "left out" not in words and "differ in shape" not in words]


def measured(reference: Path, distorted: Path, **options: object) -> Measurement:
    return measure_pair(plan_pair(probe(reference), probe(distorted), **options), KernelOptions())


@pytest.mark.parametrize("source", ["mandelbrot", "testsrc2", "noise"])
@pytest.mark.parametrize(
    ("filters", "crf"),
    [
        ("null", 20),
        ("null", 51),
        ("gblur=sigma=4", 1),
        ("noise=alls=40:allf=t", 1),
        ("unsharp=luma_amount=3", 1),
        ("scale=160:90", 30),
        ("eq=brightness=0.1:contrast=1.2", 20),
    ],
    ids=["encoded", "worst", "blurred", "noisy", "sharpened", "small", "brighter"],
)
def test_a_right_pair_is_left_in_peace(clips: Clips, source: str, filters: str, crf: int) -> None:
    reference = reference_of(clips, source)
    assert measured(reference, encode_of(clips, reference, filters, crf=crf)).warnings == ()


@pytest.mark.parametrize(
    "filters",
    [
        "select='eq(n,5)',loop=-1:1:0,setpts=N/25/TB,trim=end_frame=24",
        "fade=in:0:20",
        "fade=out:4:20",
        "drawbox=enable='gte(n,11)':color=gray:t=fill",
        "drawbox=color=black:t=fill",
    ],
    ids=["still", "fade in", "fade out", "scene cut", "black"],
)
def test_still_fading_and_cut_videos_are_left_in_peace(clips: Clips, filters: str) -> None:
    reference = reference_of(clips, filters=filters)
    for crf in (20, 45):
        assert measured(reference, encode_of(clips, reference, crf=crf)).warnings == ()


@pytest.mark.parametrize("source", ["mandelbrot", "testsrc2"])
@pytest.mark.parametrize("lag", [1, 5, -1, -5])
def test_a_late_video_is_told_and_the_offset_mends_it(clips: Clips, source: str, lag: int) -> None:
    reference = reference_of(clips, source)
    repeated = f"tpad=start={lag}:start_mode=clone,trim=end_frame=24"
    dropped = f"trim=start_frame={-lag},setpts=PTS-STARTPTS,tpad=stop={-lag}:stop_mode=clone"
    late = encode_of(clips, reference, repeated if lag > 0 else dropped)
    wrong = measured(reference, late)
    where = f"to lag {lag} frames behind" if lag > 0 else f"to be {-lag} frames ahead of"
    assert wrong.warnings == (f"the distorted video seems {where} the reference: compare with --offset {lag}",)
    mended = measured(reference, late, offset=lag)
    assert seeming(mended) == []
    assert mended.teacher_scores.mean() > wrong.teacher_scores.mean() + 5


def test_a_late_video_is_found_from_its_cuts_alone(clips: Clips) -> None:
    slides = clips.derived(reference_of(clips, frames=48), "slides.mp4", "-vf", SLIDES[0], *SLIDES[1:], "-crf", "8")
    late = encode_of(clips, slides, "tpad=start=2:start_mode=clone,trim=end_frame=48")
    assert "--offset 2" in measured(slides, late).warnings[0]


def test_a_lag_that_an_offset_leaves_is_added_to_it(clips: Clips) -> None:
    reference = reference_of(clips)
    late = encode_of(clips, reference, "tpad=start=5:start_mode=clone")
    (words,) = seeming(measured(reference, late, offset=3, shortest=True))
    assert words.endswith("--offset 5")


def test_a_cropped_video_is_told_and_the_crop_mends_it(clips: Clips) -> None:
    reference = reference_of(clips)
    cut = encode_of(clips, reference, "crop=304:172:10:4")
    wrong = measured(reference, cut)
    (words,) = seeming(wrong)
    assert words.endswith("--reference-crop 304:172:10:4")
    mended = measured(reference, cut, reference_crop=parse_crop("304:172:10:4"))
    assert mended.teacher_scores.mean() > wrong.teacher_scores.mean() + 5


def test_a_cropped_and_enlarged_video_is_told_and_the_crop_mends_it(clips: Clips) -> None:
    reference = reference_of(clips)
    enlarged = encode_of(clips, reference, "crop=304:172:10:4,scale=320:180:flags=bicubic", crf=15)
    wrong = measured(reference, enlarged)
    (words,) = seeming(wrong)
    found = parse_crop(words.rsplit(" ", 1)[1])
    assert max(abs(found.width - 304), abs(found.height - 172), abs(found.x - 10), abs(found.y - 4)) <= 2
    mended = measured(reference, enlarged, reference_crop=found)
    assert mended.teacher_scores.mean() > wrong.teacher_scores.mean() + 5


BARS = "drawbox=y=0:h=24:color=black:t=fill,drawbox=y=ih-24:h=24:color=black:t=fill"


@pytest.mark.parametrize("filters", ["null", "noise=alls=40:allf=t", "scale=160:90"])
def test_bars_that_both_have_are_left_in_peace(clips: Clips, filters: str) -> None:
    reference = reference_of(clips, filters=BARS)
    assert seeming(measured(reference, encode_of(clips, reference, filters))) == []


def test_bars_that_only_the_reference_has_are_told_and_the_crop_mends_it(clips: Clips) -> None:
    reference = reference_of(clips, filters=BARS)
    cut = encode_of(clips, reference, "crop=320:132:0:24")
    (words,) = seeming(wrong := measured(reference, cut))
    assert words.endswith("--reference-crop 320:132:0:24")
    mended = measured(reference, cut, reference_crop=parse_crop("320:132:0:24"))
    assert seeming(mended) == []
    assert mended.teacher_scores.mean() > wrong.teacher_scores.mean() + 5


def test_bars_that_only_the_distorted_video_has_are_told_and_the_crop_mends_it(clips: Clips) -> None:
    reference = reference_of(clips)
    framed = encode_of(clips, reference, "scale=240:136:flags=bicubic,pad=320:180:40:22")
    (words,) = seeming(wrong := measured(reference, framed))
    found = parse_crop(words.rsplit("--distorted-crop ", 1)[1])
    assert max(abs(found.width - 240), abs(found.height - 136), abs(found.x - 40), abs(found.y - 22)) <= 2
    mended = measured(reference, framed, distorted_crop=found)
    assert mended.teacher_scores.mean() > wrong.teacher_scores.mean() + 5


@pytest.mark.parametrize(("x", "y"), [(4, 0), (0, -3), (-6, 5)])
def test_a_shifted_video_is_told_and_the_crops_mend_it(clips: Clips, x: int, y: int) -> None:
    reference = reference_of(clips)
    room = f"pad=iw+16:ih+16:8:8,fillborders=8:8:8:8:smear,crop=320:180:{8 - x}:{8 - y}:exact=1"
    wrong = measured(reference, shifted := encode_of(clips, reference, room, crf=20))
    width, height = 320 - abs(x), 180 - abs(y)
    theirs, ours = (f"{width}:{height}:{max(s * x, 0)}:{max(s * y, 0)}" for s in (-1, 1))
    assert wrong.warnings[0].endswith(f"--reference-crop {theirs} --distorted-crop {ours}")
    mended = measured(reference, shifted, reference_crop=parse_crop(theirs), distorted_crop=parse_crop(ours))
    assert mended.teacher_scores.mean() > wrong.teacher_scores.mean() + 5
    assert seeming(mended) == []


@pytest.mark.parametrize("crf", [34, 45])
def test_swapped_videos_are_told(clips: Clips, crf: int) -> None:
    reference = reference_of(clips, "mandelbrot")
    encode = encode_of(clips, reference, crf=crf)
    assert measured(reference, encode).warnings == ()
    assert "swap the arguments" in measured(encode, reference).warnings[0]

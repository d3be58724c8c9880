"""The command `bd-rate`: from results, from videos, and what it refuses."""

import json
import subprocess
import sys
from pathlib import Path

import pytest
from tests.conftest import Clips

from tinyvmaf.documents import Json, validate
from tinyvmaf.errors import CurveError, ReportError
from tinyvmaf.scores.rate_curves import compare_results, read_curve

CRFS = {"ultrafast": (24, 30, 36, 42), "medium": (22, 28, 34, 41)}


def tinyvmaf(*arguments: str | Path) -> subprocess.CompletedProcess[str]:
    argv = [sys.executable, "-m", "tinyvmaf", *map(str, arguments)]
    return subprocess.run(argv, capture_output=True, text=True, check=False, timeout=120)


@pytest.fixture(scope="module")
def encodes(clips: Clips, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a reference and encodes of it by two presets."""
    folder = tmp_path_factory.mktemp("encodes")
    reference = clips("reference.mp4", "-c:v", "libx264", "-crf", "6", source="mandelbrot", frames=24)
    (folder / "reference.mp4").write_bytes(reference.read_bytes())
    for preset, crfs in CRFS.items():
        (folder / preset).mkdir()
        for crf in crfs:
            made = clips.derived(
                reference, f"{preset}{crf}.mp4", "-c:v", "libx264", "-preset", preset, "-crf", str(crf)
            )
            (folder / preset / f"{crf}.mp4").write_bytes(made.read_bytes())
    return folder


@pytest.fixture(scope="module")
def results(encodes: Path) -> dict[str, Path]:
    """What `rank --json` says of each, and the same as lines of `score --json-lines`."""
    found = {}
    for preset in CRFS:
        ranked = tinyvmaf("rank", encodes / "reference.mp4", encodes / preset, "--json", "--no-frames")
        lines = tinyvmaf("score", encodes / "reference.mp4", encodes / preset, "--json-lines", "--no-frames")
        for kind, done in (("rank", ranked), ("lines", lines)):
            assert done.returncode == 0, done.stderr
            found[f"{preset} {kind}"] = encodes / f"{preset}.{kind}.json"
            found[f"{preset} {kind}"].write_text(done.stdout, encoding="utf-8")
    return found


def document(*arguments: str | Path) -> dict[str, Json]:
    done = tinyvmaf("bd-rate", *arguments, "--json")
    assert done.returncode == 0, done.stderr
    found = json.loads(done.stdout)
    validate(found)
    return found


@pytest.mark.slow
def test_results_and_videos_say_the_same(encodes: Path, results: dict[str, Path]) -> None:
    of_ranks = document(results["ultrafast rank"], results["medium rank"])
    of_lines = document(results["ultrafast lines"], results["medium lines"])
    anchor, test = (("--anchor", encodes / "ultrafast"), ("--test", f"{encodes / 'medium'}/*.mp4"))
    of_videos = document(encodes / "reference.mp4", *anchor, *test)
    deltas = [each["tests"][0]["delta"]["bd_rate_percent"] for each in (of_ranks, of_lines, of_videos)]
    assert deltas[1:] == pytest.approx([deltas[0]] * 2)
    assert -70 < deltas[0] < -10  # medium spends fewer bits than ultrafast
    assert of_ranks["metric"] == "vmaf (kernel-fast)"
    shown = tinyvmaf("bd-rate", results["ultrafast rank"], results["medium rank"]).stdout
    assert f"{deltas[0]:+.2f} %" in shown


@pytest.mark.slow
def test_pools_are_of_the_results(results: dict[str, Path]) -> None:
    by_mean, by_p5 = (
        compare_results([results["ultrafast rank"], results["medium rank"]], pool=p) for p in ("mean", "p5")
    )
    assert by_mean.tests[0].delta.bd_rate_percent != by_p5.tests[0].delta.bd_rate_percent
    assert (by_p5.pool, by_p5.anchor.name) == ("p5", "ultrafast.rank")


def rank_document(bitrates: tuple[float, ...], *, extractor: str = "kernel-fast") -> dict[str, Json]:
    """A document of rank, by hand."""
    pooled = dict.fromkeys(("harmonic_mean", "min", "p1", "p5", "p10", "median"), 50.0)
    score: dict[str, Json] = {
        "model": None,
        "teacher": "vmaf",
        "kind": "fr",
        "reference": "r.mp4",
        "interval": None,
        "interval_level": None,
        "frame_count": 1,
        "extractor": extractor,
        "frames": [],
        "scaled_from": None,
        "elapsed_seconds": 1.0,
        "pairing": {"rule": "time", "offset_seconds": 0, "largest_difference_seconds": 0},
        "frames_per_second": 1.0,
        "warnings": [],
        "also": {},
    }
    encodes = [
        {
            "distorted": f"{rate}.mp4",
            "codec": "h264",
            "width": 64,
            "height": 48,
            "byte_count": 1,
            "bitrate_kbps": rate,
            "worst_seconds": 0.0,
            "score": {
                **score,
                "distorted": f"{rate}.mp4",
                "score": 50 + place,
                "pooled": {**pooled, "mean": 50.0 + place},
            },
        }
        for place, rate in enumerate(bitrates)
    ]
    return {
        "schema": "tinyvmaf.rank/1",
        "reference": "r.mp4",
        "pool": "mean",
        "encodes": encodes,
        "failed": [],
        "elapsed_seconds": 1.0,
    }


@pytest.fixture
def written(tmp_path: Path):
    """A function that writes a document and gives its path."""

    def write(name: str, content: object) -> Path:
        path = tmp_path / name
        path.write_text(content if isinstance(content, str) else json.dumps(content), encoding="utf-8")
        return path

    return write


def test_half_the_bits_are_minus_fifty_percent(written) -> None:
    anchor = written("anchor.json", rank_document((100.0, 200.0, 400.0, 800.0)))
    test = written("test.json", rank_document((50.0, 100.0, 200.0, 400.0)))
    assert compare_results([anchor, test]).tests[0].delta.bd_rate_percent == pytest.approx(-50)


def test_results_by_other_metrics_are_not_compared(written) -> None:
    anchor = written("anchor.json", rank_document((100.0, 200.0, 400.0, 800.0)))
    test = written("test.json", rank_document((50.0, 100.0, 200.0, 400.0), extractor="libvmaf-integer"))
    with pytest.raises(
        CurveError, match=r"anchor was judged by vmaf \(kernel-fast\), test by vmaf \(libvmaf-integer\)"
    ):
        compare_results([anchor, test])


@pytest.mark.parametrize(
    "content", ["nonsense", "[]", '{"schema": "tinyvmaf.eval/1"}', '{"schema": "tinyvmaf.rank/1"}']
)
def test_what_is_no_result_is_refused_with_its_name(written, content: str) -> None:
    with pytest.raises(ReportError, match=r"wrong\.json"):
        read_curve(written("wrong.json", content), pool="mean")


def test_a_score_whose_encode_is_gone_says_what_to_do(written) -> None:
    score = rank_document((100.0,))["encodes"][0]["score"]
    with pytest.raises(ReportError, match=r"holds no bitrate, and its encode 100\.0\.mp4 is not there"):
        read_curve(written("gone.json", {"schema": "tinyvmaf.score/1", **score}), pool="mean")


@pytest.mark.parametrize(
    "wrong", [("one.json",), ("r.mp4", "--anchor", "a.mp4"), ("a.json", "b.json", "--pool", "best")]
)
def test_wrong_use_ends_with_2(wrong: tuple[str, ...]) -> None:
    assert tinyvmaf("bd-rate", *wrong).returncode == 2

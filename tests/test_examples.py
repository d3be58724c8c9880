"""The examples in the docstrings of public names run, and say what they print."""

import doctest
from pathlib import Path

import polars as pl
import pytest

import tinyvmaf
from tests.conftest import Clips
from tinyvmaf.features import CANONICAL_6

WITH_EXAMPLES = {"Scorer", "load_table", "score"}


@pytest.fixture
def workplace(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, clips: Clips) -> None:
    """The working folder, with the files that examples name."""
    reference = clips("reference.mp4", "-c:v", "libx264", "-crf", "5", source="mandelbrot")
    encode = clips.derived(reference, "encode.mp4", "-c:v", "libx264", "-crf", "38")
    for path in (reference, encode):
        (tmp_path / path.name).write_bytes(path.read_bytes())
    rows = {"key": ["a", "a", "b"], "frame_index": [0, 1, 0], "vmaf": [90.0, 91.0, 40.0]}
    rows |= {name: [0.9, 0.9, 0.5] for name in CANONICAL_6.names}
    pl.DataFrame(rows).write_parquet(tmp_path / "table.parquet")
    monkeypatch.chdir(tmp_path)


@pytest.mark.usefixtures("workplace")
@pytest.mark.parametrize("name", sorted(WITH_EXAMPLES))
def test_examples_run(name: str) -> None:
    tests = doctest.DocTestFinder(recurse=False).find(getattr(tinyvmaf, name), name, globs={})
    results = [doctest.DocTestRunner(verbose=False).run(test) for test in tests]
    assert sum(result.attempted for result in results) >= 3
    assert not any(result.failed for result in results)


def test_every_public_name_with_an_example_is_tried() -> None:
    there = {name for name in tinyvmaf.__all__ if ">>>" in (getattr(tinyvmaf, name).__doc__ or "")}
    assert there == WITH_EXAMPLES

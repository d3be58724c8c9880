"""Does a table of the kernel train as well as one of libvmaf, and how much sooner is it there.

python -m benchmarks.kernel_table --work WORK    # the folder that ``benchmarks.accuracy measure`` filled

The pairs of files of the train role go through ``extract-features`` twice, by either extractor, into stores of their
own; a head is fitted on each table by the recipe that ships, and both are judged on libvmaf's table of the judge role.
"""

import argparse
import csv
import json
import tempfile
from collections.abc import Sequence
from functools import partial
from pathlib import Path

from benchmarks.accuracy_material import Clip, clips_in
from benchmarks.machine import machine_facts
from benchmarks.walls import TINYVMAF, report, run, seconds

EXTRACTORS = ("libvmaf", "kernel")
_FIGURES = ("n_samples", "plcc", "srocc", "rmse")


def main() -> None:
    options, machine = _options(), machine_facts()
    with tempfile.TemporaryDirectory(prefix="tinyvmaf-benchmark-") as folder:
        work = Path(folder)
        manifests = {role: _manifest(options, role, work) for role in ("train", "judge")}
        taken = {
            extractor: round(seconds(partial(_extract, manifests["train"], extractor, work / extractor)), 1)
            for extractor in EXTRACTORS
        }
        _extract(manifests["judge"], "libvmaf", work / "judge")
        judged = {extractor: _judged(work, extractor) for extractor in EXTRACTORS}
    difference = abs(judged["kernel"]["rmse"] - judged["libvmaf"]["rmse"])
    result = {
        "recipe": "fr_mlp_small",
        "material": {"group": options.group, "one_clip_in": options.every},
        "judged_on": "libvmaf's table of the judge role",
        "extraction_seconds": taken,
        "kernel_times_as_fast": round(taken["libvmaf"] / taken["kernel"], 2),
        "heads": judged,
        "difference_of_rmse": round(difference, 4),
        "difference_limit": 0.03,
    }
    report("kernel_table", result, machine=machine, quick=False)


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--work", type=Path, required=True)
    parser.add_argument("--group", default="references", help="of the material (default: references)")
    parser.add_argument("--every", type=int, default=1, help="only one clip in so many")
    return parser.parse_args()


def _manifest(options: argparse.Namespace, role: str, folder: Path) -> Path:
    """A manifest of the pairs; links stand beside it, since paths are relative to it."""
    path = folder / f"{role}.csv"
    (folder / role).symlink_to(options.work.resolve(), target_is_directory=True)
    clips = [clip for clip in clips_in(options.work, role=role) if clip.group == options.group][:: options.every]
    with path.open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file)
        writer.writerow(("path", "reference", "source"))
        writer.writerows(_row(role, clip) for clip in clips)
    return path


def _row(role: str, clip: Clip) -> Sequence[str]:
    below = f"{role}/{clip.distorted.parent.name}"
    return f"{below}/{clip.distorted.name}", f"{below}/{clip.reference.name}", clip.source


def _extract(manifest: Path, extractor: str, out: Path) -> None:
    """Writes ``out``.parquet, from an empty store."""
    arguments = ("extract-features", str(manifest), "--layout", "manifest", "--extractor", extractor)
    run([*TINYVMAF, *arguments, "-o", f"{out}.parquet", "--cache", f"{out}-store"])


def _judged(work: Path, extractor: str) -> dict[str, float]:
    """Figures on the judge table of a head that was fitted on the extractor's."""
    out = work / f"{extractor}-head"
    fit = ("fit", "--table", f"{work / extractor}.parquet", "--recipe", "fr_mlp_small", "--no-baselines")
    run([*TINYVMAF, *fit, "--out-dir", str(out)])
    figures = json.loads(
        run([*TINYVMAF, "eval", str(out / "bundle"), "--table", str(work / "judge.parquet"), "--json"])
    )
    return {name: figures[name] for name in _FIGURES}


if __name__ == "__main__":
    main()

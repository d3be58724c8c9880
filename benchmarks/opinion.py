"""What a model can learn of people's opinions beyond VMAF: every source left out once, judged by whole clips.

python -m benchmarks.opinion avt.parquet --mos-scale 1:5 --teacher-table references.parquet --suspect test_1/water

Beside VMAF itself stand libvmaf's 4K model, least squares, the recipe of record, nets that correct VMAF or learn from
nothing, one that learns VMAF elsewhere too (hybrid), and weighted sums that are chosen within the training sources.
The nets' settings were not tuned on these figures. The lists of facts and shrinkages to choose from were made by people
who had seen this table, so what is chosen among them is, if anything, flattered.

``--suspect`` names clips whose features cannot be right; all figures are also given without them, by the same nets.
"""

import argparse
import re
import sys
from collections.abc import Mapping
from dataclasses import asdict, replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from scipy.special import stdtrit

from benchmarks.machine import machine_facts
from benchmarks.opinion_corrections import Clips, nested
from benchmarks.walls import report
from tinyvmaf.corpora.opinions import parse_scale
from tinyvmaf.metrics import plcc, srocc
from tinyvmaf.models.folds import fit_folds
from tinyvmaf.models.recipe import Recipe, read_recipe
from tinyvmaf.pixels.svr import svr_of
from tinyvmaf.scores.figures import figures_of
from tinyvmaf.scores.p1401 import mapped_figures
from tinyvmaf.scores.paired import paired_differences
from tinyvmaf.table.rows import Rows, rows_of
from tinyvmaf.table.splits import folds_by
from tinyvmaf.table.store import ClipTable, read_table

Numbers = NDArray[np.float64]
Mask = NDArray[np.bool_]

CENTRES, SPREADS = np.array([0.8, 0.35, 0.55, 0.65, 0.7]), np.array([0.12, 0.2, 0.2, 0.2, 0.2])
"""About the mean and the deviation of the five features that tell of distortion, on any ladder."""
MODEST = ("features", "4K", "motion", "curve", "height")


def main() -> None:
    options = _options()
    table = read_table(options.table, mos_scale=parse_scale(options.mos_scale))
    rows = rows_of([table], target="mos")
    clips = _clips(rows, table)
    ways: dict[str, Numbers] = {"vmaf": clips.vmaf, **_plain(rows, clips)}
    ways |= _nets(rows, options.teacher_table, table, quick=options.quick)
    chosen = {}
    for name, facts in {**{f"vmaf + {n}": (n,) for n in clips.facts}, "vmaf + what is chosen": MODEST}.items():
        print(f"  {name}", file=sys.stderr)
        ways[name], chosen[name] = nested(clips, facts)
    keys = rows.key[np.unique(rows.clip_index, return_index=True)[1]]
    sound = np.array([re.search(options.suspect, key) is None for key in keys]) if options.suspect else None
    result = {
        "table": options.table.name,
        "teacher_table": options.teacher_table.name if options.teacher_table else None,
        "suspect": {"pattern": options.suspect, "clips": int((~sound).sum())} if sound is not None else None,
        "all": {name: _judged(clips, scores, np.ones(len(scores), bool)) for name, scores in ways.items()},
        "without_suspect": None if sound is None else {n: _judged(clips, scores, sound) for n, scores in ways.items()},
        "chosen": chosen,
    }
    report("opinion", result, machine=machine_facts(), quick=options.quick)


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("table", type=Path)
    parser.add_argument("--mos-scale", default="1:5")
    parser.add_argument("--teacher-table", type=Path, help="rows without opinions, for the hybrid net")
    parser.add_argument("--suspect", help="keys of clips that the second half of the report leaves out, as a pattern")
    parser.add_argument(
        "--quick", action="store_true", help="nets of a few steps, to see that it works; nothing is kept"
    )
    return parser.parse_args()


def _clips(rows: Rows, table: ClipTable) -> Clips:
    first = np.unique(rows.clip_index, return_index=True)[1]
    vmaf, vmaf_4k = (_mean(rows, svr_of(name).predict(rows.features)) for name in ("vmaf", "vmaf_4k"))
    features = np.stack([_mean(rows, column) for column in rows.features.T], axis=1)  # (C, 6)
    kbps = table.rows["bitrate_kbps"].cast(float).to_numpy()[first]
    facts = {
        "features": (features[:, :5] - CENTRES) / SPREADS,
        "4K": (vmaf_4k - vmaf)[:, np.newaxis] / 7,
        "motion": np.log2(features[:, 5:] / 3),
        "curve": ((vmaf[:, np.newaxis] - 60) / 25) ** 2,
        "height": np.log2(rows.encode_height[first][:, np.newaxis] / 1080),
        "bitrate": np.log2(kbps[:, np.newaxis] / 5000) / 3,
    }
    true, weight = rows.target[first].astype(float), rows.weight[first].astype(float)
    return Clips(rows.source_index[first].astype(np.int64), true, weight, vmaf, facts)


def _plain(rows: Rows, clips: Clips) -> dict[str, Numbers]:
    """Ways that train no net: the 4K model, and least squares on the means of the six features."""
    features = np.stack([_mean(rows, column) for column in rows.features.T], axis=1)
    x, squares = np.column_stack([features, np.ones(len(features))]), np.empty(len(features))
    for source in np.unique(clips.source):
        test = clips.source == source
        squares[test] = x[test] @ np.linalg.lstsq(x[~test], clips.true[~test], rcond=None)[0]
    return {"vmaf_4k": _mean(rows, svr_of("vmaf_4k").predict(rows.features)), "ols": squares}


def _nets(rows: Rows, teacher_table: Path | None, table: ClipTable, *, quick: bool) -> dict[str, Numbers]:
    """Nets by the recipe of opinions and its relatives, the clips of each source by a net that has not seen it."""
    own = read_recipe("fr_mos")
    from_nothing = replace(own, correction=False, weight_decay=0.0, learning_rate=1e-2, steps=2000)
    kinds = {
        "fr_mos": (rows, own),
        "net from nothing": (rows, from_nothing),
        "record/c1": (rows, read_recipe("record/c1").override(target="mos")),
    }
    if teacher_table is not None:
        both = rows_of([table, read_table(teacher_table)], target="hybrid")
        kinds["net from nothing, hybrid"] = (both, replace(from_nothing, target="hybrid", steps=4000))
    found = {}
    for name, (told, recipe) in kinds.items():
        print(f"  {name}", file=sys.stderr)
        found[name] = _held_out(told, recipe.override(steps=20) if quick else recipe, len(rows))
    return found


def _held_out(rows: Rows, recipe: Recipe, judged: int) -> Numbers:
    scores = np.zeros(judged)
    for net in fit_folds(rows, folds_by(rows), recipe):
        scores[np.flatnonzero(net.fold.test)] = net.predict(net.fold.test)
    counts = np.bincount(rows.clip_index[:judged])
    return np.bincount(rows.clip_index[:judged], scores) / counts


def _mean(rows: Rows, values: NDArray[np.floating]) -> Numbers:
    return np.bincount(rows.clip_index, values) / np.bincount(rows.clip_index)


def _judged(clips: Clips, scores: Numbers, judged: Mask) -> dict[str, object]:
    """Figures over all judged clips and their means over sources, and the differences from VMAF."""
    true, groups, vmaf = clips.true[judged], clips.source[judged].astype(np.int32), clips.vmaf[judged]
    found, mapped = figures_of(scores[judged], true, groups), mapped_figures(scores[judged], true, groups)
    pooled = {"plcc": found.plcc, "srocc": found.srocc, "rmse": found.rmse, "plcc_p1401": mapped.plcc}
    ours, theirs = _per_source(scores[judged], true, groups), _per_source(vmaf, true, groups)
    differences = asdict(paired_differences(vmaf, scores[judged], true, groups))
    return {
        "clips": len(true),
        "pooled": {**pooled, "rmse_p1401": mapped.rmse},
        "mean_over_sources": dict(zip(("plcc", "srocc"), ours.mean(axis=0).tolist(), strict=True)),
        "less_vmaf": {
            "pooled": {name: differences[name] for name in ("plcc", "srocc", "correlation")},
            "mean_over_sources": {n: _t_interval(d) for n, d in zip(("plcc", "srocc"), (ours - theirs).T, strict=True)},
        },
    }


def _per_source(scores: Numbers, true: Numbers, groups: NDArray[np.int32]) -> Numbers:
    """(G, 2) PLCC and SROCC of each source's clips."""
    parts = [groups == source for source in np.unique(groups)]
    return np.array([(plcc(scores[p], true[p]) or 0, srocc(scores[p], true[p]) or 0) for p in parts])


def _t_interval(differences: Numbers) -> Mapping[str, object]:
    """The mean of the sources' differences, with Student's 95 % interval."""
    half = stdtrit(len(differences) - 1, 0.975) * differences.std(ddof=1) / np.sqrt(len(differences))
    mean = float(differences.mean())
    return {"value": mean, "interval": [mean - float(half), mean + float(half)]}


if __name__ == "__main__":
    main()

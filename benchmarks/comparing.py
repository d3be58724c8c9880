"""How often ``compare-models`` calls equal models separable, by how many sources there are.

python -m benchmarks.comparing fr_svr fr_mlp_small --table judge.parquet

Two models whose scores change places at random, source by source, are equal. Sources are drawn from the table without
replacement; clips are compared, and frames too where ``--frames`` asks for the longer way.
"""

import argparse
import sys

import numpy as np

from benchmarks.machine import machine_facts
from benchmarks.walls import report
from tinyvmaf.bundles.session import open_model
from tinyvmaf.features import FEATURE_SETS
from tinyvmaf.scores.evaluate import predict_clips
from tinyvmaf.scores.paired import Difference, paired_differences
from tinyvmaf.table.rows import Rows, rows_of
from tinyvmaf.table.store import read_tables

SOURCES = (5, 7, 9, 12, 20, 32)
BOOTSTRAP_DRAWS = 1000
METRICS = ("rmse", "correlation")


def main() -> None:
    options, machine = _options(), machine_facts()
    models = [open_model(name) for name in options.model]
    rows = rows_of(read_tables(options.table), feature_set=FEATURE_SETS[models[0].sidecar.feature_set or ""])
    scores = np.stack([predict_clips(model, rows)[0] for model in models])  # (2, N)
    level = "frames" if options.frames else "clips"
    columns = (scores, rows.target.astype(np.float64), rows.source_index) if options.frames else _clips(rows, scores)
    there = len(np.unique(rows.source_index))
    result = {
        "models": options.model,
        "level": level,
        "draws": options.draws,
        "share_called_separable_limit": 0.05,
        "by_sources": {
            count: _shares(*columns, sources=count, draws=options.draws) for count in SOURCES if count <= there
        },
    }
    report("comparing", result, machine=machine, quick=options.draws < 200)


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("model", nargs=2)
    parser.add_argument("--table", action="append", required=True)
    parser.add_argument("--draws", type=int, default=400, help="pairs of equal models for each number of sources")
    parser.add_argument("--frames", action="store_true")
    return parser.parse_args()


def _clips(rows: Rows, scores: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Scores (2, clips), truth and source of each clip."""
    _, first, clip = np.unique(rows.clip_index, return_index=True, return_inverse=True)
    counts = np.bincount(clip)
    means = [np.bincount(clip, values) / counts for values in (*scores, rows.target)]
    return np.stack(means[:2]), means[2], rows.source_index[first]


def _shares(scores: np.ndarray, true: np.ndarray, source: np.ndarray, *, sources: int, draws: int) -> dict[str, object]:
    """Per metric the share of equal pairs called separable, and of those whose plain interval leaves out 0."""
    rng = np.random.default_rng(sources)
    names = np.unique(source)
    found: list[dict[str, Difference]] = []
    for draw in range(draws):
        picked = rng.choice(names, sources, replace=False)
        mine = np.isin(source, picked)
        swapped = np.isin(source[mine], picked[rng.integers(0, 2, sources).astype(bool)])
        first, second = np.where(swapped, scores[::-1, mine], scores[:, mine])
        differences = paired_differences(first, second, true[mine], source[mine], draws=BOOTSTRAP_DRAWS, seed=draw)
        found.append({name: getattr(differences, name) for name in METRICS})
    shares: dict[str, object] = {
        name: {
            "separable": _share([each[name].separable for each in found]),
            "interval_leaves_out_0": _share([_leaves_out_0(each[name]) for each in found]),
            "p_value_at_most_0.05": _share([(each[name].p_value or 0) <= 0.05 for each in found]),
        }
        for name in METRICS
    }
    print(f"  {sources} sources: {shares}", file=sys.stderr)
    return shares


def _share(marks: list[bool]) -> float:
    return round(float(np.mean(marks)), 4)


def _leaves_out_0(difference: Difference) -> bool:
    return difference.interval is not None and not difference.interval[0] <= 0 <= difference.interval[1]


if __name__ == "__main__":
    main()

"""Which size of net is enough: depths 1-3, widths 4-64, three seeds each, trained on one table and judged on the other.

python -m benchmarks.sweep train.parquet judge.parquet                # 45 nets; the seeds of a shape as one stack
python -m benchmarks.sweep train.parquet judge.parquet --quick        # does it work at all

The table goes into results/sweep.json, the plot with its Pareto line into results/sweep.svg.
"""

import argparse
import sys
import time
from collections.abc import Sequence
from itertools import product
from pathlib import Path

import matplotlib as mpl
import numpy as np

from benchmarks.machine import machine_facts
from benchmarks.walls import RESULTS, report
from tinyvmaf.metrics import rmse
from tinyvmaf.models.folds import FoldNet, fit_folds
from tinyvmaf.models.recipe import Recipe, read_recipe
from tinyvmaf.table.rows import Rows, rows_of
from tinyvmaf.table.splits import Fold
from tinyvmaf.table.store import read_tables

mpl.use("svg")
from matplotlib import pyplot as plt

DEPTHS = (1, 2, 3)
WIDTHS = (4, 8, 16, 32, 64)
SEEDS = 3
QUICK_STEPS = 50


def main() -> None:
    options, machine = _options(), machine_facts()
    rows = rows_of(read_tables([str(options.train), str(options.judge)]))
    recipe = read_recipe("fr_mlp").override(steps=QUICK_STEPS if options.quick else options.steps)
    shapes = [_shape(rows, recipe, depth, width) for depth, width in product(DEPTHS, WIDTHS)]
    front = pareto(shapes)
    result = {
        "recipe": recipe.name,
        "steps": recipe.steps,
        "batch_size": recipe.batch_size,
        "seeds": SEEDS,
        "trained_on": options.train.name,
        "judged_on": options.judge.name,
        "rmse": "mean over the sources of the judging table, then over seeds",
        "shapes": shapes,
        "pareto": [shape["hidden"] for shape in front],
    }
    if not options.quick:
        draw(shapes, front, RESULTS / "sweep.svg")
    report("sweep", result, machine=machine, quick=options.quick)


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("train", type=Path)
    parser.add_argument("judge", type=Path)
    parser.add_argument("--steps", type=int, help="default: the recipe's")
    parser.add_argument("--quick", action="store_true", help="a few steps, to see that it works; nothing is kept")
    return parser.parse_args()


def _shape(rows: Rows, recipe: Recipe, depth: int, width: int) -> dict[str, object]:
    """Parameters, error by seed, and training time of the nets of one shape."""
    train = rows.table_index == 0
    fold = Fold("", "judge", train, ~train, np.zeros(len(rows), dtype=bool))
    started = time.perf_counter()
    nets = fit_folds(rows, (fold,), recipe.override(hidden=(width,) * depth), seeds=SEEDS)
    taken = time.perf_counter() - started
    by_seed = [_errors(net) for net in nets]  # (S, sources) each
    means = [float(errors.mean()) for errors in by_seed]
    found: dict[str, object] = {
        "hidden": [width] * depth,
        "parameter_count": nets[0].parameter_count,
        "rmse": round(float(np.mean(means)), 5),
        "rmse_std": round(float(np.std(means)), 5),
        "worst_source_rmse": round(float(np.mean([errors.max() for errors in by_seed])), 5),
        "training_seconds": round(taken, 2),
    }
    print(f"  {found}", file=sys.stderr)
    return found


def _errors(net: FoldNet) -> np.ndarray:
    """(sources,) the RMSE of each source that the net has not seen."""
    test, rows = net.fold.test, net.rows
    predicted, true, source = net.predict(test), rows.target[test], rows.source_index[test]
    return np.array([rmse(predicted[source == number], true[source == number]) for number in np.unique(source)])


def pareto(shapes: Sequence[dict[str, object]]) -> list[dict[str, object]]:
    """The shapes that none with fewer or as many parameters beats, smallest first."""
    front: list[dict[str, object]] = []
    for shape in sorted(shapes, key=lambda shape: (shape["parameter_count"], shape["rmse"])):
        if not front or shape["rmse"] < front[-1]["rmse"]:
            front.append(shape)
    return front


def draw(shapes: Sequence[dict[str, object]], front: Sequence[dict[str, object]], path: Path) -> None:
    """RMSE against parameters by depth, seeds' deviation as bars, and the Pareto line."""
    mpl.rcParams["svg.hashsalt"] = "tinyvmaf"  # the same figures make the same file
    figure, axes = plt.subplots(figsize=(7, 4.5), layout="constrained")
    for depth in DEPTHS:
        mine = [shape for shape in shapes if len(shape["hidden"]) == depth]
        columns = ([shape[name] for shape in mine] for name in ("parameter_count", "rmse", "rmse_std"))
        counts, errors, deviations = columns
        axes.errorbar(counts, errors, deviations, fmt="o", capsize=3, label=f"{depth} hidden layer{'s' * (depth > 1)}")
    points = [[shape[name] for shape in front] for name in ("parameter_count", "rmse")]
    axes.plot(*points, "k--", linewidth=1, label="Pareto line")
    for shape in front:
        axes.annotate("-".join(map(str, shape["hidden"])), (shape["parameter_count"], shape["rmse"]), fontsize=7)
    axes.set(xscale="log", yscale="log", xlabel="parameters", ylabel="RMSE, mean over unseen sources")
    axes.grid(visible=True, which="both", alpha=0.3)
    axes.legend()
    figure.savefig(path, metadata={"Date": None})


if __name__ == "__main__":
    main()

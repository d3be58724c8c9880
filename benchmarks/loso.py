"""How long ``loso`` takes: all folds of one net at once, as a command, and its training alone.

python -m benchmarks.loso table.parquet            # mlp_small, 30 epochs at batch 1024, every source left out once
python -m benchmarks.loso table.parquet --quick    # does it work at all
"""

import argparse
import json
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path

from benchmarks.machine import machine_facts
from benchmarks.walls import TINYVMAF, middle, report, run


def main() -> None:
    options, machine = _options(), machine_facts()
    epochs = 1 if options.quick else options.epochs
    budget = ("--epochs", str(epochs), "--batch-size", str(options.batch_size))
    with tempfile.TemporaryDirectory(prefix="tinyvmaf-benchmark-") as folder:
        runs = [
            timed_loso(options.table, options.model_arch, budget=budget, out_dir=Path(folder))
            for _ in range(options.repetitions)
        ]
    first = runs[0]
    result = {
        "table": options.table.name,
        "rows": first["rows"],
        "folds": first["folds"],
        "epochs": epochs,
        "batch_size": options.batch_size,
        "model_arch": options.model_arch,
        "command_seconds": [taken["command_seconds"] for taken in runs],
        "command_seconds_median": middle([float(str(taken["command_seconds"])) for taken in runs]),
        "limit_seconds": 60,
        "training_seconds": [taken["training_seconds"] for taken in runs],
        "mean": first["mean"],
        "worst_rmse": first["worst_rmse"],
    }
    report("loso", result, machine=machine, quick=options.quick)


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("table", type=Path)
    parser.add_argument("--model-arch", action="append", help="default: mlp_small")
    parser.add_argument("--epochs", type=int, default=30)
    parser.add_argument("--batch-size", type=int, default=1024)
    parser.add_argument("--repetitions", type=int, default=1)
    parser.add_argument("--quick", action="store_true", help="one epoch, to see that it works; nothing is kept")
    options = parser.parse_args()
    options.model_arch = options.model_arch or ["mlp_small"]
    return options


def timed_loso(
    table: Path, architectures: Sequence[str], *, budget: Sequence[str] = (), out_dir: Path
) -> dict[str, object]:
    """One run of the command without baselines: its wall time, its training's, and what the nets came to."""
    nets = [argument for name in architectures for argument in ("--model-arch", name)]
    asked = (*TINYVMAF, "loso", "--table", str(table), *nets, *budget, "--no-baselines", "--out-dir", str(out_dir))
    started = time.perf_counter()
    answer = run([*asked, "--json"])
    taken = round(time.perf_counter() - started, 3)
    print(f"  loso of {', '.join(architectures)}: {taken:.1f} s", file=sys.stderr)
    found = json.loads(answer)
    return {
        "command_seconds": taken,
        "training_seconds": {name: round(value, 3) for name, value in found["training_seconds"].items()},
        "rows": found["rows"],
        "folds": found["folds"],
        "mean": {name: figures["mean"] for name, figures in found["architectures"].items()},
        "worst_rmse": {name: figures["worst"]["rmse"] for name, figures in found["architectures"].items()},
    }


if __name__ == "__main__":
    main()

"""How long heads take: every fold of three nets, of one net by the accurate recipe, and a row in ONNX Runtime.

python -m benchmarks.heads table.parquet                 # the table of 9 sources and 290,220 rows
python -m benchmarks.heads table.parquet --part onnx     # the shelf's heads alone
python -m benchmarks.heads table.parquet --quick         # does it work at all
"""

import argparse
import json
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path
from statistics import median

import numpy as np

from benchmarks.loso import timed_loso
from benchmarks.machine import machine_facts
from benchmarks.walls import RESULTS, report, seconds
from tinyvmaf.bundles.session import Model, open_entry
from tinyvmaf.bundles.shelves import entries
from tinyvmaf.features import FEATURE_SETS, FeatureSet

ARCHITECTURES = ("linear", "mlp_small", "mlp_medium")
ACCURATE = "mlp_small"
EPOCHS, BATCH_SIZE = 30, 1024
BATCH_ROWS = 10_000
BATCH_REPETITIONS, SINGLE_REPETITIONS = 200, 3000


def main() -> None:
    options, machine = _options(), machine_facts()
    result: dict[str, object] = {"table": options.table.name}
    if options.part in ("all", "loso"):
        result["loso"] = _loso(options.table, epochs=1 if options.quick else EPOCHS, accurate=not options.quick)
    if options.part in ("all", "onnx"):
        result["onnx"] = _onnx(quick=options.quick)
    report("heads", result, machine=machine, quick=options.quick or options.part != "all")


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("table", type=Path)
    parser.add_argument("--part", choices=("all", "loso", "onnx"), default="all", help="a part alone is not kept")
    parser.add_argument("--quick", action="store_true", help="one epoch, to see that it works; nothing is kept")
    return parser.parse_args()


def _loso(table: Path, *, epochs: int, accurate: bool) -> dict[str, object]:
    """Wall and training times of all nets in one command, of each alone, and of the accurate recipe's own budget."""
    budget = ("--epochs", str(epochs), "--batch-size", str(BATCH_SIZE))
    with tempfile.TemporaryDirectory(prefix="tinyvmaf-benchmark-") as folder:
        out = Path(folder)
        found: dict[str, object] = {
            "epochs": epochs,
            "batch_size": BATCH_SIZE,
            "together": timed_loso(table, ARCHITECTURES, budget=budget, out_dir=out),
            "together_limit_seconds": 90,
            "alone": {name: timed_loso(table, (name,), budget=budget, out_dir=out) for name in ARCHITECTURES},
        }
        if accurate:
            found["accurate"] = {"recipe": f"fr_{ACCURATE}", **timed_loso(table, (ACCURATE,), out_dir=out)}
    return found


def _onnx(*, quick: bool) -> dict[str, object]:
    """The time of a row in every head of the shelf, in large batches and alone; and what libvmaf takes for a frame."""
    shipped = [entry for entry in entries() if entry.shelf.name == "shipped" and entry.row.kind == "fr"]
    models = [model for entry in shipped if not (model := open_entry(entry, threads=1)).sees_pixels]
    return {
        "threads": 1,
        "batch_rows": BATCH_ROWS,
        "batch_limit_us_per_row": 0.15,
        "heads": {model.sidecar.id: _times(model, quick=quick) for model in models},
        "libvmaf": _libvmaf(),
    }


def _times(model: Model, *, quick: bool) -> dict[str, object]:
    """Medians of ``Model.predict``, with its checks, as a user calls it."""
    rows = _rows(FEATURE_SETS[model.sidecar.feature_set or ""])
    batch = _microseconds(lambda: model.predict(rows), 5 if quick else BATCH_REPETITIONS)
    single = _microseconds(lambda: model.predict(rows[:1]), 5 if quick else SINGLE_REPETITIONS)
    found = {"batch_us_per_row": round(batch / BATCH_ROWS, 4), "single_row_us": round(single, 2)}
    print(f"  {model.sidecar.id}: {found}", file=sys.stderr)
    return {"parameter_count": model.sidecar.parameter_count, **found}


def _rows(features: FeatureSet) -> np.ndarray:
    """Random rows (N, F); the time does not hang on their values."""
    return np.random.default_rng(0).uniform(size=(BATCH_ROWS, len(features.names))).astype(np.float32)


def _microseconds(call: Callable[[], object], repetitions: int) -> float:
    call()
    return 1e6 * median(seconds(call) for _ in range(repetitions))


def _libvmaf() -> dict[str, object] | None:
    """What the report on scoring says of libvmaf itself; None: there is no such report."""
    path = RESULTS / "score.json"
    if not path.exists():
        return None
    kept = json.loads(path.read_text(encoding="utf-8"))
    per_frame = 1e3 * median(kept["seconds"]["ffmpeg"]) / kept["frames"]
    return {"ms_per_frame": round(per_frame, 2), "size": kept["size"], "report": f"benchmarks/results/{path.name}"}


if __name__ == "__main__":
    main()

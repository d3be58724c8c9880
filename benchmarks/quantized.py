"""Every shipped model and its int8 forms: size, loss and speed, dynamic and static.

python -m benchmarks.quantized --table judge.parquet [--table judge_v1.parquet] --samples patches [--samples pairs]

Heads are judged on the clips of the first table that has their teacher's scores, models of pixels on the samples that
they take: of ``patches`` or ``frame`` without a reference, of ``pairs`` the pre-filters. ``ships`` is what holds the
accuracy budget and is faster than the model itself; the figures go into results/quantized.json.
"""

import argparse
import sys
from collections.abc import Iterator, Sequence
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory

from benchmarks.machine import machine_facts
from benchmarks.walls import report
from tinyvmaf.bundles.int8_graph import Int8Mode
from tinyvmaf.bundles.judging_data import JudgingData
from tinyvmaf.bundles.quantize import QuantizeReport, judging_data, quantize
from tinyvmaf.bundles.session import find_files
from tinyvmaf.bundles.shelves import shipped_shelf
from tinyvmaf.documents import to_json
from tinyvmaf.errors import BundleError, TableError
from tinyvmaf.table.samples import Samples, read_samples
from tinyvmaf.table.store import ClipTable, read_tables

MODES: tuple[Int8Mode, ...] = ("dynamic", "static")
_LEAST_GAIN = 1.05
"""In speed: less is what two runs differ by."""


def main() -> None:
    options, machine = _options(), machine_facts()
    tables = read_tables(options.table)
    samples = [read_samples(folder) for folder in options.samples]
    names = [row.id for row in shipped_shelf().read().models]
    lines = [line for name in names for line in _lines(name, tables, samples)]
    for line in lines:
        print(_words(line), file=sys.stderr)
    report("quantized", {"least_gain": _LEAST_GAIN, "models": lines}, machine=machine, quick=options.quick)


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--table", action="append", default=[], help="a clip table that no shipped head was trained on")
    parser.add_argument("--samples", type=Path, action="append", default=[], help="a folder of extract-samples")
    parser.add_argument("--quick", action="store_true", help="print the figures and keep none")
    return parser.parse_args()


def _lines(name: str, tables: Sequence[ClipTable], samples: Sequence[Samples]) -> Iterator[dict[str, object]]:
    """One line per mode, or one that says why there is none."""
    print(f"  {name}", file=sys.stderr)
    try:
        data = _data(name, tables, samples)
        for mode in MODES:
            with TemporaryDirectory() as folder:
                yield _line(quantize(name, data, Path(folder) / "int8", mode=mode))
    except (BundleError, TableError) as error:
        yield {"model": name, "refused": str(error), "fp32_bytes": len(find_files(name).files.onnx)}


def _data(name: str, tables: Sequence[ClipTable], samples: Sequence[Samples]) -> JudgingData:
    """The first of the tables, or of the sample sets, that the model can be judged on; why none can, is raised."""
    if find_files(name).files.sidecar.feature_set is not None:
        tries = [partial(judging_data, name, tables=[table]) for table in tables]
    else:
        tries = [partial(judging_data, name, samples=each) for each in samples]
    reason: Exception = TableError("nothing was given that it takes")
    for found in tries:
        try:
            return found()
        except TableError as error:
            reason = error
    raise reason


def _line(made: QuantizeReport) -> dict[str, object]:
    speedup = made.fp32_ms_per_clip / made.int8_ms_per_clip
    fields = to_json(made)
    kept = {name: value for name, value in fields.items() if name not in {"out", "command", "machine"}}
    ships = made.accepted and speedup >= _LEAST_GAIN
    return kept | {"size_ratio": made.int8_bytes / made.fp32_bytes, "speedup": speedup, "ships": ships}


def _words(line: dict[str, object]) -> str:
    if "refused" in line:
        return f"{line['model']:18} {line['refused']}"
    verdict = "ships" if line["ships"] else "stays float"
    return (
        f"{line['model']:18} {line['mode']:8} {line['fp32_bytes']:>8,} -> {line['int8_bytes']:>8,} bytes, "
        f"RMS difference {line['rms_difference']:.3f}, {line['speedup']:.2f}x as fast: {verdict}"
    )


if __name__ == "__main__":
    main()

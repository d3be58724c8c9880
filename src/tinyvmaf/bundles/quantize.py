"""A model -> its int8 sibling, when that says nearly the same: size, loss and speed of both, on given data.

The sibling lies beside the model as ``model.int8.onnx``, and the sidecar vouches for it. What costs more accuracy than
the budget is not written.
"""

import dataclasses
import platform
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from tinyvmaf.bundles.bundle import Sidecar
from tinyvmaf.bundles.cards import write_bundle
from tinyvmaf.bundles.facts import ACCURACY_BUDGET_PLCC, Int8Facts
from tinyvmaf.bundles.int8_graph import Int8Mode, int8_graph
from tinyvmaf.bundles.judging_data import JudgingData, data_of_samples, data_of_tables
from tinyvmaf.bundles.session import find_files, graph_runner, sha256_of
from tinyvmaf.errors import BundleError
from tinyvmaf.metrics import plcc, rmse
from tinyvmaf.progress import Progress, silent
from tinyvmaf.table.sample_set import Samples
from tinyvmaf.table.store import ClipTable

_MOST_CALIBRATION_CLIPS = 256
_WHITE = 255.0

Run = Callable[[NDArray[np.float32]], NDArray[np.float32]]


@dataclass(frozen=True, slots=True)
class Fidelity:
    """How near a model is to the truth: a score, or of a pre-filter the clean picture."""

    plcc: float | None
    """Pearson's correlation; None: one side is constant."""
    rmse: float
    """On the output's scale; of a pre-filter in 8-bit code values."""


@dataclass(frozen=True, slots=True)
class QuantizeReport:
    """A model and its int8 form, side by side."""

    model: str
    """Id of the model."""
    model_sha256: str
    """Of its ``model.onnx``."""
    mode: Int8Mode
    """How it was quantised."""
    accepted: bool
    """It keeps the budget, and was written."""
    reason: str | None
    """Why not; None: accepted."""
    out: Path | None
    """The bundle's folder; None: nothing was written."""
    int8_sha256: str
    """Of the int8 form."""
    fp32_bytes: int
    """Size of ``model.onnx``."""
    int8_bytes: int
    """Size of the int8 form."""
    accuracy_budget_plcc: float
    """What PLCC may lose."""
    calibrated_on: str | None
    """What gave the ranges; None: dynamic needs none."""
    judged_on: str
    """What all figures here are on."""
    n_samples: int
    """Numbers that were compared: scores, or pixels."""
    plcc_to_fp32: float | None
    """Between what the two forms say (of a pre-filter: what they change); None: one of them is constant."""
    largest_difference: float
    """Between the two, on the output's scale."""
    rms_difference: float
    """The same, root mean square."""
    fp32: Fidelity | None
    """The model against the truth; None: the data do not tell it."""
    int8: Fidelity | None
    """Its int8 form against the same."""
    fp32_ms_per_clip: float
    """Median time of a clip's rows or samples, one thread."""
    int8_ms_per_clip: float
    """The same of the int8 form, in the same run."""
    machine: str
    """Where that was."""
    command: str | None = None
    """What a reader types to make it again; None: not told."""

    @property
    def plcc_loss(self) -> float | None:
        """What PLCC against the truth loses; None: it is not known, or not defined."""
        if self.fp32 is None or self.int8 is None or self.fp32.plcc is None or self.int8.plcc is None:
            return None
        return self.fp32.plcc - self.int8.plcc


@dataclass(frozen=True, slots=True, eq=False)
class _Answers:
    """What both forms say to all clips of the data, and how long each takes."""

    fp32: NDArray[np.float32]
    int8: NDArray[np.float32]
    given: NDArray[np.float32] | None
    true: NDArray[np.float32] | None
    fp32_ms: float
    int8_ms: float


def judging_data(which: str | Path, *, tables: Sequence[ClipTable] = (), samples: Samples | None = None) -> JudgingData:
    """What a model can be calibrated and judged on, out of what is given.

    Raises:
        BundleError: the model takes something else.
        TableError: the tables or samples lack what it takes.
    """
    sidecar = find_files(which).files.sidecar
    return data_of_tables(sidecar, tables) if samples is None else data_of_samples(sidecar, samples)


def quantize(
    which: str | Path,
    data: JudgingData,
    out: Path,
    *,
    mode: Int8Mode = "dynamic",
    budget_plcc: float = ACCURACY_BUDGET_PLCC,
    command: str | None = None,
    progress: Progress = silent,
) -> QuantizeReport:
    """The model with its int8 sibling in ``out``, when both say nearly the same; else nothing but the figures.

    The sibling is refused when the PLCC between the two is below 1 less the budget, or when PLCC against the truth
    loses more than the budget. Ranges of ``static`` come from every second source, and the others judge.

    Raises:
        ModelRefusedError: the model fails a check.
        BundleError: nothing in it can be quantised, or it takes two inputs.
    """
    found = find_files(which)
    files, sidecar = found.files, found.files.sidecar
    calibration, judged = data.halves() if mode == "static" else (None, data)
    ranges = () if calibration is None else _calibration(calibration)
    onnx = int8_graph(files.onnx, mode, ranges)
    answers = _answers(graph_runner(files.onnx), graph_runner(onnx), judged, sidecar, progress)
    report = _report(files.sha256, sidecar, answers, len(files.onnx), onnx, mode=mode, budget=budget_plcc)
    report = dataclasses.replace(
        report,
        calibrated_on=calibration.words if calibration else None,
        judged_on=judged.words,
        command=command,
        out=out if report.accepted else None,
    )
    if report.accepted:
        write_bundle(out, files.onnx, dataclasses.replace(sidecar, int8=_facts(report)), int8=onnx)
    return report


def _calibration(data: JudgingData) -> list[NDArray[np.float32]]:
    places = np.unique(np.linspace(0, len(data.clips) - 1, _MOST_CALIBRATION_CLIPS).astype(int))
    return [data.inputs(data.clips[place]) for place in places.tolist()]


def _answers(fp32: Run, int8: Run, data: JudgingData, sidecar: Sidecar, progress: Progress) -> _Answers:
    """The two forms in turn, so that a busy machine slows both; the first clip is run once more, unmeasured."""
    said: tuple[list[NDArray[np.float32]], list[NDArray[np.float32]]] = ([], [])
    given, true = [], []
    times = np.empty((len(data.clips), 2))
    for number, clip in enumerate(data.clips):
        progress(number, len(data.clips), "judging")
        values = data.inputs(clip)
        for place, run in enumerate((fp32, int8)):
            if number == 0:
                run(values)
            started = time.perf_counter()
            said[place].append(run(values).ravel())
            times[number, place] = 1000 * (time.perf_counter() - started)
        if sidecar.kind == "filter":
            given.append(values.ravel())
        if data.truth is not None:
            true.append(data.truth(clip).ravel())
    p50 = np.median(times, axis=0).tolist()
    return _Answers(
        np.concatenate(said[0]),
        np.concatenate(said[1]),
        np.concatenate(given) if given else None,
        np.concatenate(true) if true else None,
        *p50,
    )


def _report(
    sha256: str, sidecar: Sidecar, answers: _Answers, fp32_bytes: int, onnx: bytes, *, mode: Int8Mode, budget: float
) -> QuantizeReport:
    off = answers.int8.astype(np.float64) - answers.fp32
    changes = answers.given if answers.given is not None else np.float32(0)
    to_fp32 = plcc(answers.int8 - changes, answers.fp32 - changes)
    scale = _WHITE if sidecar.kind == "filter" else 1.0
    fidelity = None if answers.true is None else _fidelity(answers.fp32, answers.true, scale)
    report = QuantizeReport(
        model=sidecar.id,
        model_sha256=sha256,
        mode=mode,
        accepted=True,
        reason=None,
        out=None,
        int8_sha256=sha256_of(onnx),
        fp32_bytes=fp32_bytes,
        int8_bytes=len(onnx),
        accuracy_budget_plcc=budget,
        calibrated_on=None,
        judged_on="",
        n_samples=len(off),
        plcc_to_fp32=to_fp32,
        largest_difference=float(np.abs(off).max()) * scale,
        rms_difference=float(np.sqrt(np.mean(off**2))) * scale,
        fp32=fidelity,
        int8=None if answers.true is None else _fidelity(answers.int8, answers.true, scale),
        fp32_ms_per_clip=answers.fp32_ms,
        int8_ms_per_clip=answers.int8_ms,
        machine=platform.processor() or platform.machine(),
    )
    reason = _fault(report)
    return dataclasses.replace(report, accepted=reason is None, reason=reason)


def _fault(report: QuantizeReport) -> str | None:
    """Why the int8 form may not stand in for the model; None: it may."""
    budget = report.accuracy_budget_plcc
    if report.plcc_to_fp32 is None:
        return "one of the two forms says the same to everything: nothing tells how near they are"
    if report.plcc_to_fp32 < 1 - budget:
        return f"PLCC between the two forms is {report.plcc_to_fp32:.4f}, and {1 - budget:g} is the least allowed"
    if report.plcc_loss is not None and report.plcc_loss > budget:
        return f"PLCC against the truth falls by {report.plcc_loss:.4f}, and {budget:g} is the most allowed"
    return None


def _fidelity(said: NDArray[np.float32], true: NDArray[np.float32], scale: float) -> Fidelity:
    return Fidelity(plcc(said, true), rmse(said, true) * scale)


def _facts(report: QuantizeReport) -> Int8Facts:
    if report.plcc_to_fp32 is None:
        raise BundleError(f"the int8 form of {report.model} was not judged")
    return Int8Facts(
        mode=report.mode,
        onnx_sha256=report.int8_sha256,
        byte_count=report.int8_bytes,
        accuracy_budget_plcc=report.accuracy_budget_plcc,
        plcc_to_fp32=report.plcc_to_fp32,
        rms_difference=report.rms_difference,
        judged_on=report.judged_on,
        command=report.command,
    )

"""The whole road on a corpus that it makes itself: videos -> encodes -> clip table -> LOSO -> net -> shelf -> score."""

from dataclasses import dataclass
from pathlib import Path
from threading import Event

from tinyvmaf.bundles.registry import register
from tinyvmaf.bundles.session import open_model
from tinyvmaf.corpora.layouts import CorpusRequest, list_corpus
from tinyvmaf.corpora.synthetic import make_corpus
from tinyvmaf.models.recipe import Recipe, read_recipe
from tinyvmaf.progress import Progress, silent
from tinyvmaf.runs.fit import FitOptions, run_fit
from tinyvmaf.runs.loso import LosoOptions, run_loso
from tinyvmaf.runs.loso_report import LosoReport
from tinyvmaf.scores.report.writing import write_score_page
from tinyvmaf.scores.result import Score
from tinyvmaf.scores.score import ScoreOptions, score_pair
from tinyvmaf.table.build import extract_to_file
from tinyvmaf.table.clip_store import ClipStore
from tinyvmaf.table.rows import Rows, rows_of
from tinyvmaf.video.encode import parse_rungs
from tinyvmaf.video.encoding import encode
from tinyvmaf.video.file import VideoFile
from tinyvmaf.video.probe import probe

MODEL_ID = "demo"
SOURCES = 6
SECONDS = 1.0
SIZE = (320, 180)
LADDER = ("x264/fast:20,27,34,41", "x264/fast@1/2:27", "x264/fast@1/3:24")
STEPS = 1500
BATCH_SIZE = 256
HELD_OUT = "synthetic-001"
ENCODE = "x264:31"


@dataclass(frozen=True, slots=True)
class DemoReport:
    """What the demo made, and what came of it."""

    out: Path
    """The folder that holds everything."""
    table: Path
    """The clip table."""
    sources: int
    """Videos that were made."""
    clips: int
    """Encodes that were measured."""
    frames: int
    """Rows of the table."""
    loso: LosoReport
    """How well a net does on sources that it has not seen."""
    model: str
    """Id of the net on the user's shelf."""
    model_sha256: str
    """Of its ONNX file."""
    reference: Path
    """A source that the registered net has not seen."""
    distorted: Path
    """An encode of it, by a setting that the net has not seen."""
    score_exact: float
    """libvmaf's own VMAF of it."""
    score_model: float
    """What the net says."""
    report: Path
    """The page of both scores, with the worst frames."""


def run_demo(out: Path, *, progress: Progress = silent, cancel: Event | None = None) -> DemoReport:
    """Walks the whole road in ``out``; a second walk takes from the first what has not changed.

    Raises:
        TinyVmafError: a step fails; the message says which part is missing.
    """
    videos = make_corpus(out / "videos", sources=SOURCES, seconds=SECONDS, size=SIZE, progress=progress, cancel=cancel)
    table = out / "table.parquet"
    listing = list_corpus(CorpusRequest("folder", out / "videos", ladder=LADDER))
    report = extract_to_file(listing, table, store=ClipStore(out / "cache"), progress=progress, cancel=cancel)
    rows = rows_of([report.table])
    recipe = read_recipe("fr_mlp_small").override(steps=STEPS, batch_size=BATCH_SIZE)
    loso = run_loso(rows, (recipe,), out / "loso", LosoOptions(baselines=False), progress=progress, cancel=cancel)
    model_sha256 = _fit_and_register(rows, recipe, out / "fit", progress=progress, cancel=cancel)
    reference = next(path for path in videos if path.stem == HELD_OUT)
    distorted = out / "encode.mp4"
    encode(probe(VideoFile(reference)), parse_rungs(ENCODE)[0], distorted, cancel=cancel)
    scores = _scores(reference, distorted, progress=progress, cancel=cancel)
    page = out / "report.html"
    write_score_page(page, scores, progress=progress, cancel=cancel)
    return DemoReport(
        out=out,
        table=table,
        sources=len(videos),
        clips=len(listing.clips),
        frames=len(rows),
        loso=loso,
        model=MODEL_ID,
        model_sha256=model_sha256,
        reference=reference,
        distorted=distorted,
        score_exact=scores[0].score,
        score_model=scores[1].score,
        report=page,
    )


def _fit_and_register(rows: Rows, recipe: Recipe, folder: Path, *, progress: Progress, cancel: Event | None) -> str:
    """The hash of the net that now stands on the user's shelf; it has not seen the source that is scored."""
    held_out = recipe.override(val_mode="source", val_sources=(HELD_OUT,))
    options = FitOptions(baselines=False, command="tinyvmaf demo")
    fitted = run_fit(rows, held_out, folder, options, progress=progress, cancel=cancel)
    return register(fitted.bundle, model_id=MODEL_ID, replace=True).row.onnx_sha256


def _scores(reference: Path, distorted: Path, *, progress: Progress, cancel: Event | None) -> tuple[Score, Score]:
    """Libvmaf's own score, and the net's."""
    pair = VideoFile(reference), VideoFile(distorted)
    exact = score_pair(*pair, ScoreOptions(mode="exact"), progress=progress, cancel=cancel)
    by_model = score_pair(*pair, ScoreOptions(model=open_model(MODEL_ID)), progress=progress, cancel=cancel)
    return exact, by_model

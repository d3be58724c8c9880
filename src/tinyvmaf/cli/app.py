"""The command ``tinyvmaf``: all commands in the order in which the data flows; the one place that catches errors."""

import signal
import sys
from typing import Annotated

import typer
from typer.core import TyperGroup

from tinyvmaf.cli import (
    bd_rate,
    bundles,
    calibrate,
    compare,
    corpora,
    edges,
    eval_prefilter,
    evaluate,
    find_crf,
    mcp,
    models,
    prefilter,
    quantize,
    rank,
    report,
    runs,
    samples,
    scores,
    synth,
    table,
    transfer,
)
from tinyvmaf.errors import TinyVmafError

EXIT_ERROR = 1
EXIT_INTERRUPTED = 130
GO_ON = frozenset({"fetch", "extract-features", "extract-samples", "fit", "eval-prefilter"})
"""Commands that keep what they have finished, and find it when they are called again."""


class _AlongTheRoad(TyperGroup):
    """Lists the group of models where its commands stand on the road: typer would put it last."""

    def list_commands(self, ctx: object) -> list[str]:
        """Names in the order in which the data flows."""
        names = [name for name in self.commands if name != "models"]
        at = names.index("register") + 1
        return [*names[:at], "models", *names[at:]]


app = typer.Typer(
    name="tinyvmaf",
    cls=_AlongTheRoad,
    no_args_is_help=True,
    rich_markup_mode="markdown",
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)

_COMMANDS = {
    "demo": runs.demo,
    "doctor": runs.doctor,
    "synth": synth.synth,
    "fetch": corpora.fetch,
    "manifest-scan": corpora.manifest_scan,
    "clips": corpora.clips,
    "extract-features": table.extract_features,
    "edge-rows": edges.edge_rows,
    "extract-samples": samples.extract_samples,
    "fit": models.fit,
    "loso": models.loso,
    "transfer": transfer.transfer,
    "calibrate": calibrate.calibrate,
    "eval": evaluate.evaluate,
    "compare-models": compare.compare_models,
    "export": bundles.export,
    "export-svr": bundles.export_svr,
    "quantize": quantize.quantize,
    "register": bundles.register,
}
for _name, _function in _COMMANDS.items():
    app.command(_name)(_function)
app.add_typer(bundles.models_app, name="models")
app.command("score")(scores.score)
app.command("rank")(rank.rank)
app.command("bd-rate")(bd_rate.bd_rate)
app.command("find-crf")(find_crf.find_crf)
app.command("prefilter")(prefilter.prefilter)
app.command("eval-prefilter")(eval_prefilter.eval_prefilter)
app.command("report")(report.report)
app.command("mcp")(mcp.mcp)


def _tell_version(asked: bool) -> None:
    if asked:
        from importlib.metadata import version as installed_version

        typer.echo(f"tinyvmaf {installed_version('tinyvmaf')}")
        raise typer.Exit


@app.callback()
def _options(
    version: Annotated[
        bool, typer.Option("--version", help="Print the version and stop.", is_eager=True, callback=_tell_version)
    ] = False,
    debug: Annotated[bool, typer.Option("--debug", help="Show the traceback of an error.")] = False,
) -> None:
    """Turns pairs of videos into tiny quality models, and tiny models into scores.

    Example: `tinyvmaf score reference.mp4 encode.mp4`
    """
    if debug:
        _log_everything()


def main() -> None:
    """Runs the command line; what the world does wrong is one line on stderr and exit code 1, Ctrl-C is 130."""
    _log_warnings()
    signal.signal(signal.SIGTERM, signal.default_int_handler)  # so that ffmpeg is ended and nothing half stays
    try:
        app()
    except (TinyVmafError, ModuleNotFoundError, OSError) as error:
        words = _words_for(error)
        if words is None or "--debug" in sys.argv:
            raise
        from tinyvmaf.cli.output import complain

        complain(words)
        sys.exit(EXIT_ERROR)
    except SystemExit as end:
        if end.code == EXIT_INTERRUPTED:  # typer turns Ctrl-C into this, without a word
            command = next((word for word in sys.argv[1:] if not word.startswith("-")), "")
            kept = "; what was finished is kept, run the same command again to go on" if command in GO_ON else ""
            typer.echo(f"stopped{kept}", err=True)
        raise


def _words_for(error: TinyVmafError | ModuleNotFoundError | OSError) -> str | None:
    """What a person is told of an error; None: it is a bug, and shown whole."""
    if isinstance(error, TinyVmafError):
        return str(error)
    if isinstance(error, ModuleNotFoundError):
        return "training needs torch: pip install 'tinyvmaf[train]'" if error.name == "torch" else None
    place = "" if error.filename is None else f"{error.filename}: "  # a full disk, a folder that may not be written
    return f"{place}{error.strerror or error}"


def _log_warnings() -> None:
    """Warnings of everybody, and what our own rooms tell of what takes long."""
    import logging

    logging.basicConfig(level=logging.WARNING, format="%(levelname)s: %(message)s", stream=sys.stderr)
    logging.getLogger("tinyvmaf").setLevel(logging.INFO)


def _log_everything() -> None:
    import logging

    logging.getLogger("tinyvmaf").setLevel(logging.DEBUG)

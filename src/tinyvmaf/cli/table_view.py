"""The making of a clip table as the command shows it, and the command's options as the room takes them."""

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import typer

from tinyvmaf.cli.options import one_of

if TYPE_CHECKING:
    from rich.console import RenderableType

    from tinyvmaf.corpora.clip import Listing
    from tinyvmaf.documents import Json
    from tinyvmaf.table.build import ExtractOptions, ExtractReport

_EXTRACTORS = ("libvmaf", "kernel")
_SHOWN = 20


def extract_options(
    *,
    features: str,
    teachers: Sequence[str],
    pair: str,
    extractor: str,
    sampling: str | None,
    jobs: int | None,
    skip_broken: bool,
    max_clips: int | None,
    rehash: bool,
) -> "ExtractOptions":
    """The options of one extraction.

    Raises:
        typer.BadParameter: a value that the option does not take.
    """
    from tinyvmaf.features import FEATURE_SETS
    from tinyvmaf.table.build import ExtractOptions
    from tinyvmaf.video.teachers import TEACHERS

    feature_set = FEATURE_SETS[one_of(features, tuple(FEATURE_SETS), option="--features")]
    by_kernel = one_of(extractor, _EXTRACTORS, option="--extractor") == "kernel"
    if sampling is not None and not by_kernel:
        raise typer.BadParameter("libvmaf looks at every row: --sampling is for --extractor kernel")
    known = tuple(one_of(name, tuple(TEACHERS), option="--teacher") for name in teachers)
    try:
        return ExtractOptions(
            feature_set=feature_set,
            teachers=known,
            pairing="index" if one_of(pair, ("time", "index"), option="--pair") == "index" else "time",
            sampling=(sampling or "full") if by_kernel else None,
            jobs=jobs,
            skip_broken=skip_broken,
            max_clips=max_clips,
            rehash=rehash,
        )
    except ValueError as error:
        raise typer.BadParameter(str(error)) from error


def document_of(report: "ExtractReport", listing: "Listing", output: Path) -> "dict[str, Json]":
    """The report as the JSON document ``tinyvmaf.extract-features/1``."""
    from tinyvmaf.documents import to_document

    table = report.table
    fields = {
        "output": output,
        "facts": table.facts(),
        "feature_set": table.meta.feature_set,
        "teachers": table.meta.teachers,
        "measured": report.measured,
        "hits": report.hits,
        "failures": report.failures,
        "warnings": report.warnings,
        "problems": listing.problems,
    }
    return to_document("extract-features", fields)


def view_of(report: "ExtractReport", listing: "Listing", output: Path) -> "RenderableType":
    """The report for people: what the table holds, where it lies, and what to know about it."""
    from rich.text import Text

    lines = [
        f"{fact.corpus}: {fact.sources} sources, {fact.clips} clips, {fact.frames} frames"
        for fact in report.table.facts()
    ]
    lines += [f"{report.measured} clips measured, {report.hits} from the store", f"{output}"]
    lines += some([f"left out: {problem.path}: {problem.why}" for problem in listing.problems])
    lines += some([f"left out: {failure.key}: {failure.what}" for failure in report.failures])
    lines += some([f"warning: {warning.key}: {warning.what}" for warning in report.warnings])
    return Text("\n".join(lines))


def some(lines: list[str]) -> list[str]:
    """The first of many lines, and how many more there are."""
    hidden = len(lines) - _SHOWN
    return lines[:_SHOWN] + ([f"and {hidden} more: see --json"] if hidden > 0 else [])

"""The making of pixel samples as the command shows it, and the command's options as the room takes them."""

from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Literal

import typer

from tinyvmaf.cli.table_view import some

if TYPE_CHECKING:
    from rich.console import RenderableType

    from tinyvmaf.corpora.clip import Listing
    from tinyvmaf.corpora.layouts import CorpusRequest
    from tinyvmaf.documents import Json
    from tinyvmaf.table.sample_set import SampleKind
    from tinyvmaf.table.samples import SampleOptions, SamplesReport
    from tinyvmaf.video.pairing import PairingRule


def options_from(
    *,
    kind: "SampleKind",
    target: Literal["vmaf", "mos"],
    degradations: Sequence[str],
    frames_per_clip: int | None,
    patches_per_frame: int | None,
    patch_size: int | None,
    whole_frames: bool,
    seed: int,
    pairing: "PairingRule",
    jobs: int | None,
    skip_broken: bool,
    max_clips: int | None,
    rehash: bool,
) -> "SampleOptions":
    """The options of one extraction.

    Raises:
        typer.BadParameter: values that do not go together.
    """
    from tinyvmaf.table.samples import SampleOptions

    try:
        return SampleOptions(
            kind=kind,
            target="mos_100" if target == "mos" else "vmaf",
            degradations=tuple(dict.fromkeys(degradations)),
            frames_per_clip=frames_per_clip,
            patches_per_frame=patches_per_frame,
            patch_size=patch_size,
            whole_frames=whole_frames,
            seed=seed,
            pairing=pairing,
            jobs=jobs,
            skip_broken=skip_broken,
            max_clips=max_clips,
            rehash=rehash,
        )
    except ValueError as error:
        raise typer.BadParameter(str(error)) from error


def listing_for(request: "CorpusRequest", options: "SampleOptions") -> "Listing":
    """The corpus's clips; where opinions are the target, and no ladder is asked for, the videos that people saw."""
    from tinyvmaf.corpora.layouts import list_corpus

    as_they_are = options.target == "mos_100" and options.kind != "pairs" and request.ladder is None
    return list_corpus(replace(request, ladder=()) if as_they_are else request)


def document_of(report: "SamplesReport", listing: "Listing") -> "dict[str, Json]":
    """The report as the JSON document ``tinyvmaf.extract-samples/1``."""
    from tinyvmaf.documents import to_document

    samples = report.samples
    fields = {
        "output": samples.directory,
        "kind": samples.kind,
        "target": samples.meta.target,
        "shape": list(samples.pixels.shape),
        "facts": samples.facts(),
        "made": report.made,
        "reused": report.reused,
        "failures": report.failures,
        "warnings": report.warnings,
        "problems": listing.problems,
    }
    return to_document("extract-samples", fields)


def view_of(report: "SamplesReport", listing: "Listing") -> "RenderableType":
    """The report for people: what was made, where it lies, and what to know about it."""
    from rich.text import Text

    samples = report.samples
    lines = [f"{fact.corpus}: {fact.sources} sources, {fact.clips} clips" for fact in samples.facts()]
    lines += [
        f"{len(samples)} samples of {' x '.join(str(length) for length in samples.pixels.shape[1:])}",
        f"{report.made} clips sampled, {report.reused} there before",
        f"{samples.directory}",
    ]
    lines += some([f"left out: {problem.path}: {problem.why}" for problem in listing.problems])
    lines += some([f"left out: {failure.key}: {failure.what}" for failure in report.failures])
    lines += some([f"warning: {warning.key}: {warning.what}" for warning in report.warnings])
    return Text("\n".join(lines))

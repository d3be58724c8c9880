"""The command that finds the CRF which reaches a score."""

from pathlib import Path
from typing import Annotated

import typer

from tinyvmaf.cli.options import GATE_NOT_MET, offers, raw_format
from tinyvmaf.cli.score_options import POOL_NAMES, AsJson, PixFmt, Reference, Size, Teacher, Threads

Encoder = Annotated[
    str,
    typer.Option(
        help="x264, x265, av1, vp9 or vvc, with /PRESET where you like.",
        autocompletion=offers("x264", "x265", "av1", "vp9", "vvc"),
    ),
]
Target = Annotated[float, typer.Option(help="The score to reach.")]
Pool = Annotated[
    str,
    typer.Option(
        help="What has to reach it: mean, harmonic_mean, min, p1, p5; of samples the last three are guesses.",
        autocompletion=POOL_NAMES,
    ),
]
BitrateMax = Annotated[float | None, typer.Option(help="kbit/s that the video may cost.")]
Output = Annotated[Path | None, typer.Option("--encode", help="Encode the whole to this file, and score it.")]
Samples = Annotated[
    int | None,
    typer.Option(
        min=0, help="Stretches that are tried; 0: the whole; default: 3 to 10, for min, p1, p5 twice as many."
    ),
]
SampleSeconds = Annotated[float, typer.Option(help="Length of each.")]
Probes = Annotated[int, typer.Option(help="Settings that are tried at most.")]
ModeName = Annotated[
    str,
    typer.Option(
        help="What scores: fast, full or exact, as in `score`.", autocompletion=offers("fast", "full", "exact")
    ),
]


def find_crf(
    reference: Reference,
    encoder: Encoder,
    target: Target = 95.0,
    pool: Pool = "mean",
    bitrate_max: BitrateMax = None,
    encode: Output = None,
    samples: Samples = None,
    sample_seconds: SampleSeconds = 3.0,
    probes: Probes = 6,
    mode: ModeName = "fast",
    teacher: Teacher = "vmaf",
    size: Size = None,
    pix_fmt: PixFmt = None,
    threads: Threads = 0,
    as_json: AsJson = False,
) -> None:
    """Finds the largest CRF whose encode reaches a score, by encoding samples of the video a few times.

    Prints the CRF, the size and the time that the whole would take, and the command for ffmpeg. --encode runs it, with
    sound and all other streams as they are, and tells the true score; it ends with 3 when that is below the target.
    The worst frames (--pool p1) mostly lie between the samples: --samples 0 tries the whole video.

    Example: `tinyvmaf find-crf movie.mkv --encoder x264/slow --target 95 --encode small.mkv`
    """
    from tinyvmaf.cli.find_crf_view import encoder_from, mode_from, quoted, usage_errors, view_of
    from tinyvmaf.cli.output import answer, answer_text, progress_bar
    from tinyvmaf.documents import to_document
    from tinyvmaf.runs.crf_records import FindCrfOptions
    from tinyvmaf.runs.find_crf import find_crf as search
    from tinyvmaf.video.file import VideoFile

    with usage_errors():
        options = FindCrfOptions(
            encoder=encoder_from(encoder),
            target=target,
            pool=pool,
            mode=mode_from(mode),
            teacher=teacher,
            bitrate_max_kbps=bitrate_max,
            samples=samples,
            sample_seconds=sample_seconds,
            max_probes=probes,
            threads=threads,
        )
    file = VideoFile(reference, raw_format(size, pix_fmt))
    with progress_bar() as progress:
        report = search(file, options, output=encode, progress=progress)
    answer(to_document("find-crf", report), as_json=as_json, text=view_of(report))
    if not as_json:
        answer_text(f"\n{quoted(report.command)}")
    if report.encoded is not None and not report.encoded.reached:
        raise typer.Exit(GATE_NOT_MET)

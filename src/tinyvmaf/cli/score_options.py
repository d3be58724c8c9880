"""Options of the commands that score pairs of videos."""

from pathlib import Path
from typing import Annotated

import typer

from tinyvmaf.cli.options import no_material, offers, text_file

Reference = Annotated[Path, typer.Argument(help="The pristine video.")]
Fast = Annotated[bool, typer.Option("--fast", help="Our kernel on a sample of rows (the default).")]
Full = Annotated[bool, typer.Option("--full", help="Our kernel on every row.")]
Exact = Annotated[bool, typer.Option("--exact", help="libvmaf itself.")]
Teacher = Annotated[
    str,
    typer.Option(
        help="Which VMAF: vmaf, vmaf_neg, vmaf_4k, or (by --exact) vmaf_v1.",
        autocompletion=offers("vmaf", "vmaf_neg", "vmaf_4k", "vmaf_v1"),
    ),
]
ModelName = Annotated[str | None, typer.Option(help="A head of the shelf by its id, or the path of a model.onnx.")]
Size = Annotated[str | None, typer.Option(help="WxH of headerless YUV.")]
PixFmt = Annotated[str | None, typer.Option(help="Pixel format of headerless YUV, as ffmpeg spells it.")]
Pair = Annotated[
    str,
    typer.Option(help="time: nearest stamp; index: frame n with frame n.", autocompletion=offers("time", "index")),
]
Offset = Annotated[int, typer.Option(help="Frames by which the distorted video lags.")]
Shortest = Annotated[bool, typer.Option("--shortest", help="Compare the common part of unequal lengths.")]
ReferenceCrop = Annotated[
    str | None, typer.Option(help="W:H:X:Y, the part of the reference that is compared, as ffmpeg's crop takes it.")
]
DistortedCrop = Annotated[str | None, typer.Option(help="W:H:X:Y, the same of the distorted video.")]
Threads = Annotated[int, typer.Option(min=0, help="Threads that measure; 0: one per core.")]
Also = Annotated[
    str | None,
    typer.Option(
        help="Further metrics, by ffmpeg: psnr, ssim, or psnr,ssim.", autocompletion=offers("psnr", "ssim", "psnr,ssim")
    ),
]
POOL_NAMES = offers("mean", "harmonic_mean", "min", "p1", "p5", "p10", "median")
NoFrames = Annotated[bool, typer.Option("--no-frames", help="Leave the frames out of the JSON.")]
MinScore = Annotated[float | None, typer.Option(min=0, max=100, help="Exit with 3 when a score is below.")]
Csv = Annotated[Path | None, typer.Option("--csv", help="Write a row per frame to this file.", callback=text_file)]
LibvmafJson = Annotated[
    Path | None,
    typer.Option(help="Write a log as libvmaf lays it out; of several videos a folder of them.", callback=no_material),
]
NoReference = Annotated[
    bool, typer.Option("--no-reference", help="Score every named video alone, without a reference.")
]
Fps = Annotated[float, typer.Option(help="Of --no-reference: frames of each second to look at.")]
JsonLines = Annotated[bool, typer.Option("--json-lines", help="Print one line of JSON per video.")]
AsJson = Annotated[bool, typer.Option("--json", help="Print JSON.")]

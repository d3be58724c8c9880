"""A video, an encoder and a target -> the CRF that reaches it on samples, what the whole would cost, and the whole."""

import tempfile
import time
from pathlib import Path
from threading import Event

import numpy as np

from tinyvmaf.progress import Progress, silent
from tinyvmaf.runs.crf_records import CrfReport, CrfSample, FindCrfOptions, Prediction, WholeEncode
from tinyvmaf.runs.crf_trial import Trial, Try
from tinyvmaf.scores.pooling import LOW_POOLS
from tinyvmaf.scores.score import score_pair
from tinyvmaf.video.deliver import check_delivery, deliver, delivery_command
from tinyvmaf.video.encode import Rung
from tinyvmaf.video.encoding import is_steady
from tinyvmaf.video.ffmpeg import require_encoders
from tinyvmaf.video.file import VideoFile
from tinyvmaf.video.packets import stream_weight
from tinyvmaf.video.probe import Video, probe
from tinyvmaf.video.reel import Sample, choose_samples, make_reel
from tinyvmaf.video.times import FrameTimes, frame_times

SECONDS_PER_SAMPLE = 30
FEWEST_SAMPLES, MOST_SAMPLES = 3, 10
TIMES_FOR_LOW_POOLS = 2
"""More samples for pools that hang on the worst scenes, which few samples miss: such a pool of samples errs upwards."""


def find_crf(
    reference: VideoFile,
    options: FindCrfOptions,
    *,
    output: Path | None = None,
    progress: Progress = silent,
    cancel: Event | None = None,
) -> CrfReport:
    """The largest CRF whose encode of the samples reaches the target, and what the whole would cost.

    Args:
        reference: The video to be encoded.
        options: What is looked for, and how.
        output: Where the whole video is then encoded to, with its other streams, and scored; None: it is not.
        progress: Told the frames of each step.
        cancel: Set from elsewhere to stop.

    Raises:
        TargetError: no setting reaches the target, or none within the bitrate; the message has the best that was
            reached.
        VideoError: the video is broken, or cannot be entered at the samples.
        ToolError: ffmpeg is missing, lacks the encoder, or failed.
        CancelledError: ``cancel`` was set.
    """
    started = time.perf_counter()
    require_encoders([options.encoder.encoder or ""])
    video = probe(reference)
    times = frame_times(video)
    if output is not None:
        check_delivery(video, options.encoder, times, output)
    samples = _samples(times, options)
    with tempfile.TemporaryDirectory(prefix="tinyvmaf-") as folder:
        tried = video
        if samples[0].frame_count < times.count:
            tried = make_reel(video, samples, Path(folder) / "samples.mkv", progress=progress, cancel=cancel)
        trial = Trial(tried, options, Path(folder), progress=progress, cancel=cancel)
        answer = trial.search()
    made = None if output is None else _whole(video, answer.rung, output, options, progress=progress, cancel=cancel)
    return CrfReport(
        reference=reference.path,
        encoder=answer.rung.encoder or "",
        preset=answer.rung.preset or "",
        setting=options.setting,
        quality=answer.rung.quality,
        target=options.target,
        pool=options.pool,
        teacher=options.teacher,
        extractor=answer.score.extractor,
        score=answer.probe.score,
        interval=answer.score.interval,
        interval_level=answer.score.interval_level,
        predicted=_prediction(video, times, samples, answer),
        command=delivery_command(video, answer.rung, output),
        samples=_sample_scores(samples, answer),
        frame_count=times.count,
        probes=tuple(each.probe for each in trial.tries),
        encoded=made,
        warnings=(*_warnings(video, times, samples, answer), *(() if made else _guess(times, samples, options.pool))),
        elapsed_seconds=time.perf_counter() - started,
    )


def _samples(times: FrameTimes, options: FindCrfOptions) -> tuple[Sample, ...]:
    if options.samples == 0:
        return (Sample(0.0, times.count),)
    usual = min(max(round(float(times.seconds[-1]) / SECONDS_PER_SAMPLE), FEWEST_SAMPLES), MOST_SAMPLES)
    usual *= TIMES_FOR_LOW_POOLS if options.pool in LOW_POOLS else 1
    return choose_samples(times, count=options.samples or usual, seconds=options.sample_seconds)


def _prediction(video: Video, times: FrameTimes, samples: tuple[Sample, ...], answer: Try) -> Prediction:
    """Bytes and time grow with the frames; the other streams stay as they are."""
    share = times.count / sum(sample.frame_count for sample in samples)
    bitrate = answer.probe.bitrate_kbps
    video_bytes = round(bitrate * 1000 / 8 * times.count / float(video.fps))
    others = max(video.path.stat().st_size - stream_weight(video).byte_count, 0) if video.file.raw is None else 0
    return Prediction(bitrate, video_bytes, video_bytes + others, answer.probe.encode_seconds * share)


def _sample_scores(samples: tuple[Sample, ...], answer: Try) -> tuple[CrfSample, ...]:
    frames = np.array([frame.score for frame in answer.score.frames])
    ends = np.cumsum([sample.frame_count for sample in samples])
    parts = np.split(frames, ends[:-1])
    return tuple(
        CrfSample(sample.start_seconds, sample.frame_count, float(part.mean()))
        for sample, part in zip(samples, parts, strict=True)
    )


def _whole(
    video: Video,
    rung: Rung,
    output: Path,
    options: FindCrfOptions,
    *,
    progress: Progress,
    cancel: Event | None,
) -> WholeEncode:
    made = deliver(video, rung, output, progress=progress, cancel=cancel)
    score = score_pair(video.file, made.video.file, options.scoring, progress=progress, cancel=cancel)
    pooled = getattr(score.pooled, options.pool)
    return WholeEncode(
        path=output,
        byte_count=output.stat().st_size,
        bitrate_kbps=stream_weight(made.video).bitrate_kbps,
        encode_seconds=made.elapsed_seconds,
        score=score.without_frames(),
        pooled=pooled,
        reached=pooled >= options.target,
        warnings=made.warnings,
    )


def _warnings(video: Video, times: FrameTimes, samples: tuple[Sample, ...], answer: Try) -> tuple[str, ...]:
    found = list(answer.score.warnings)
    if not is_steady(times, video) and samples[0].frame_count < times.count:
        found.append(f"{video.path} has a variable frame rate: its samples are tried at {float(video.fps):.3f}/s")
    if video.interlaced:
        found.append(f"{video.path} is interlaced, and is encoded as if it were not: deinterlace it first")
    return tuple(found)


def _guess(times: FrameTimes, samples: tuple[Sample, ...], pool: str) -> tuple[str, ...]:
    """That a low pool of samples says little of the frames between them."""
    frames = sum(sample.frame_count for sample in samples)
    if pool not in LOW_POOLS or frames == times.count:
        return ()
    words = f"{pool} is of {frames} of {times.count} frames, and worse ones may lie between them: "
    return (f"{words}--samples 0 tries all frames, and --encode tells the true {pool}",)

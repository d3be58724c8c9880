"""Scores without a reference, beside each other: nets on patches and on whole frames, and hand-made statistics.

On clips of sources that no training saw, by codec too, with the interval of each difference to the first net; and what
a sampled frame costs. The baselines learn from the samples that the first net's training had.

    python -m benchmarks.no_reference --net nr_vmaf --samples nr_judge --net mobilenet/bundle --samples frames_judge \
      --trained-on nr_refs --trained-on nr_scenes --recipe nr_vmaf -o benchmarks/results/nr_vmaf_judge_beside.json
"""

import argparse
import json
import time
from dataclasses import asdict
from pathlib import Path

import numpy as np

from benchmarks.machine import machine_facts
from tinyvmaf.bundles.session import open_model
from tinyvmaf.documents import to_json
from tinyvmaf.models.pixel_recipe import read_pixel_recipe
from tinyvmaf.pixels.patches import patch_samples
from tinyvmaf.runs.sample_baselines import baselines_of
from tinyvmaf.scores.evaluate_samples import ClipScores, clip_scores, detail_of, predict_samples
from tinyvmaf.scores.figures import figures_of
from tinyvmaf.scores.paired import paired_differences
from tinyvmaf.table.sample_rows import SampleRows, sample_rows
from tinyvmaf.table.sample_set import read_samples
from tinyvmaf.table.sample_splits import split_samples

FRAME_SIZE = (1080, 1920)
ROUNDS = 20


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--net", action="append", required=True)
    parser.add_argument("--samples", action="append", required=True, type=Path, help="for each --net, in its order")
    parser.add_argument("--trained-on", action="append", default=[], type=Path, help="sets for the baselines")
    parser.add_argument("--recipe", default="nr_vmaf", help="whose split of those sets they learn by")
    parser.add_argument("--hold-out", help="what no baseline learns from, like codec=vp9")
    parser.add_argument("-o", "--output", required=True, type=Path)
    options = parser.parse_args()
    judged = [sample_rows(read_samples(folder)) for folder in options.samples]
    found = {net: scores_by(net, rows) for net, rows in zip(options.net, judged, strict=True)}
    if options.trained_on:
        found |= baseline_clips(options.trained_on, options.recipe, judged[0], hold_out=options.hold_out)
    first = found[options.net[0]]
    report = {
        "machine": machine_facts(),
        "samples": [str(folder) for folder in options.samples],
        "models": {name: figures(clips, first) for name, clips in found.items()},
        "ms_per_1080p_frame": {net: frame_cost(net) for net in options.net},
    }
    options.output.write_text(json.dumps(to_json(report), indent=1) + "\n", encoding="utf-8")
    for name, each in report["models"].items():
        print(f"{name:30} RMSE {each['clips']['rmse']:.2f} PLCC {each['clips']['plcc']} SROCC {each['clips']['srocc']}")


def scores_by(net: str, rows: SampleRows) -> ClipScores:
    """What a net says of the clips of some samples."""
    places = np.arange(len(rows))
    predicted, _ = predict_samples(open_model(net), rows, places)
    return clip_scores(rows, places, predicted)


def baseline_clips(
    folders: list[Path], recipe_name: str, judged: SampleRows, *, hold_out: str | None
) -> dict[str, ClipScores]:
    """The same of the baselines."""
    rows, recipe = sample_rows(*(read_samples(folder) for folder in folders)), read_pixel_recipe(recipe_name)
    split = split_samples(
        rows,
        val_fraction=recipe.val_fraction,
        stop_fraction=recipe.stop_fraction,
        hold_out=hold_out,
        seed=recipe.seed,
    )
    places = np.arange(len(judged))
    return {
        name: clip_scores(judged, places, predict(judged, places))
        for name, predict in baselines_of(rows, split).items()
    }


def figures(clips: ClipScores, first: ClipScores) -> dict[str, object]:
    """Figures of clips, per codec, the mean over sources, and the first net's less these, on the clips of both."""
    whole, detail = figures_of(clips.predicted, clips.true, clips.source), detail_of(clips)
    places = {key: place for place, key in enumerate(clips.key)}
    common = [(place, places[key]) for place, key in enumerate(first.key) if key in places]
    one, other = (np.array(side) for side in zip(*common, strict=True))
    less = paired_differences(clips.predicted[other], first.predicted[one], first.true[one], first.source[one])
    return {
        "clips": asdict(whole),
        "per_codec": {name: asdict(each) for name, each in detail.per_codec.items()},
        "mean_over_sources": detail.mean_over_sources,
        "first_less_this": asdict(less),
    }


def frame_cost(net: str) -> float | None:
    """Median milliseconds to choose the places of a 1080p frame and to score them, on one thread; None: no patches."""
    model = open_model(net)
    shape = model.sidecar.inputs[0].shape
    if len(shape) != 5:
        return None
    planes, side = int(shape[2]), int(shape[3])
    luma = np.random.default_rng(0).integers(0, 256, FRAME_SIZE).astype(np.uint8)
    took = []
    for _ in range(ROUNDS):
        started = time.perf_counter()
        patches = patch_samples(luma, luma if planes > 1 else None, count=8, size=side, unit=1)
        model.score_samples(patches[np.newaxis])
        took.append(1000 * (time.perf_counter() - started))
    return float(np.median(took))


if __name__ == "__main__":
    main()

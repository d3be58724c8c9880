"""How far the kernel is from libvmaf: its report, and the error bars that ship.

python -m benchmarks.accuracy measure --media DIR --work DIR    # the encodes, and libvmaf's numbers for them: once
python -m benchmarks.accuracy look --work DIR --sampling fast   # a table of the train role, to tune by
python -m benchmarks.accuracy look --work DIR --sampling 15,5,1,1,7 --group camera
python -m benchmarks.accuracy report --work DIR --golden DIR    # results/accuracy.json and pixels/intervals.json

``--media`` is a folder with ``references/`` and ``photos/`` (accuracy_sources.py), ``--golden`` one with the fixtures
of Netflix's own tests and ``netflix_asserts.json``. What the work folder holds already is not measured again.
"""

import argparse
import sys
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

from benchmarks.accuracy_bars import bars
from benchmarks.accuracy_figures import Errors, feature_rmse, figures
from benchmarks.accuracy_golden import golden_figures
from benchmarks.accuracy_kernel import Judged, judge
from benchmarks.accuracy_material import TEACHERS, clips_in, measure
from benchmarks.accuracy_sources import ROLES, list_sources
from benchmarks.machine import machine_facts
from benchmarks.walls import report
from tinyvmaf.documents import to_json
from tinyvmaf.pixels.intervals import PATH, write_half_widths
from tinyvmaf.pixels.sampling import SAMPLINGS, Sampling

_LIMITS = {
    "full": {"frame_rmse": 0.03, "worst_frame": 0.5},
    "fast": {"frame_rmse_of_every_group": 0.10, "clip_rmse": 0.03, "worst_clip": 0.2},
    "bars": {"coverage": [0.85, 0.95], "width_over_rmse": 4},
    "golden": {"worst_frame": 0.05},
}
_ROW = "{:28} {:5} {:6} {:8.4f} {:8.4f} {:8.3f} {:8.3f}  {}"


def main() -> None:
    options = _options()
    {"measure": _measure, "look": _look, "report": _report}[options.step](options)


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("step", choices=("measure", "look", "report"))
    parser.add_argument("--work", type=Path, required=True)
    parser.add_argument("--media", type=Path)
    parser.add_argument("--golden", type=Path)
    parser.add_argument("--role", choices=ROLES, help="default: measure both; look at train")
    parser.add_argument("--sampling", type=_sampling, default="fast", help="full, fast, or the steps of VIF and motion")
    parser.add_argument("--group", action="append", help="look at these groups only")
    parser.add_argument("--teacher", action="append", choices=TEACHERS, help="look at these only; default: vmaf")
    options = parser.parse_args()
    for step, needed in (("measure", "media"), ("report", "golden")):
        if options.step == step and getattr(options, needed) is None:
            parser.error(f"{step} needs --{needed} DIR")
    return options


def _sampling(text: str) -> Sampling | str:
    if text in SAMPLINGS:
        return text
    first, second, third, fourth, motion = map(int, text.split(","))
    return Sampling(text, (first, second, third, fourth), motion)


def _measure(options: argparse.Namespace) -> None:
    sources = [source for role in _roles(options) for source in list_sources(options.media, role)]
    for number, source in enumerate(sources, start=1):
        measure(source, options.work, tell=lambda text, at=number: _tell(f"{at}/{len(sources)} {text}"))


def _roles(options: argparse.Namespace) -> Sequence[str]:
    return ROLES if options.role is None else (options.role,)


def _look(options: argparse.Namespace) -> None:
    """Prints figures by part of the material; nothing is kept."""
    clips = clips_in(options.work, role=options.role or "train")
    wanted = (clip for clip in clips if not options.group or clip.group in options.group)
    judged = _told(judge(wanted, options.sampling, teachers=options.teacher or ("vmaf",)))
    for kind, parts in figures(judged).items():
        print(f"\n{kind:28} clips frames frame-rmse clip-rmse worst-frame worst-clip")
        for part, by_teacher in parts.items():
            for teacher, found in by_teacher.items():
                print(_row(part if teacher == "vmaf" else f"{part} {teacher}", found))
    for size, of_features in feature_rmse(judged).items():
        print(f"\nfeature RMSE {size}:", ", ".join(f"{name} {value:.2e}" for name, value in of_features.items()))


def _row(name: str, found: Errors) -> str:
    numbers = (found.frame_rmse, found.clip_rmse, found.worst_frame, found.worst_clip)
    return _ROW.format(name, found.clips, found.frames, *numbers, found.worst_frame_in)


def _report(options: argparse.Namespace) -> None:
    machine = machine_facts()
    samplings: dict[str, object] = {}
    half_widths = []
    for sampling in SAMPLINGS:
        train, judging = (_told(judge(clips_in(options.work, role=role), sampling)) for role in ROLES)
        found = list(bars(train, judging, sampling=sampling))
        half_widths += [each.half_widths for each in found]
        roles = {"judge": judging, "train": train}
        samplings[sampling] = {
            **{role: {"errors": figures(judged), "features": feature_rmse(judged)} for role, judged in roles.items()},
            "bars": found,
        }
    write_half_widths(PATH, half_widths)
    golden = to_json(golden_figures(options.golden))
    result = {"limits": _LIMITS, "golden": golden, "samplings": to_json(samplings)}
    report("accuracy", result, machine=machine, quick=False)


def _told(judged: Iterable[Judged]) -> list[Judged]:
    """All of them, with a word on progress now and then."""
    return list(_telling(judged))


def _telling(judged: Iterable[Judged]) -> Iterator[Judged]:
    for number, each in enumerate(judged, start=1):
        if number % 50 == 0:
            _tell(f"{number} clips: {each.clip.source}")
        yield each


def _tell(text: str) -> None:
    print(text, file=sys.stderr, flush=True)


if __name__ == "__main__":
    main()

"""Recipes of nets that see pixels: everything that a training depends on besides the samples, as a frozen record.

Apart from the recipes of heads (``models/recipe.py``), since hardly an entry means the same to both.
"""

import dataclasses
import hashlib
import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from tinyvmaf.errors import RecipeError
from tinyvmaf.models.recipe import DEFAULT_LICENSE
from tinyvmaf.models.recipe_entries import Value
from tinyvmaf.models.recipe_files import ARCHITECTURE, PIXEL_RECIPES, recipe_entries, record_of
from tinyvmaf.table.sample_rows import parse_hold_out
from tinyvmaf.table.sample_set import SampleKind

SAMPLE_KINDS: Mapping[str, SampleKind] = {
    "nr_mobilenet": "frame",
    "nr_patch": "patches",
    "residual_cnn": "pairs",
    "prefilter_lite": "pairs",
}
"""By net the samples that it takes."""
SCORE_LOSSES = ("mse", "l1", "huber")
"""What a score may be trained by, on deviations of the training's targets."""
TAKEN = "taken"
"""The loss of a filter that tells what it takes of noise, and what of the picture: ``prefilter_lite`` alone."""
FILTER_LOSSES = ("l1", "mse", "l1+vmaf_neg", TAKEN)
"""What a filter may be trained by; VMAF NEG: what the result lacks of 100 against the clean picture."""
_NOT_OF_TRAINING = ("name", "description", "license")
_LONGEST = {"description": 400, "license": 200}

_CHOICES: dict[str, tuple[str, ...]] = {
    "architecture": tuple(PIXEL_RECIPES),
    "target": ("vmaf", "mos", "clean"),
    "optimizer": ("adamw",),
    "schedule": ("constant", "one-cycle"),
    "augment": ("flips", "none"),
}
_LIMITS: dict[str, tuple[str, Callable[[float], bool]]] = {
    "epochs": ("a whole number of 0 or more", lambda value: value >= 0),
    "patience": ("a whole number of 1 or more", lambda value: value >= 1),
    "batch_size": ("a whole number of 2 or more", lambda value: value >= 2),
    "patches_per_step": ("a whole number of 1 or more", lambda value: value >= 1),
    "learning_rate": ("a number above 0 and below 10", lambda value: 0 < value < 10),
    "weight_decay": ("a number of 0 or more and below 1", lambda value: 0 <= value < 1),
    "clean_part": ("a number of 0 or more and below 1", lambda value: 0 <= value < 1),
    "vmaf_weight": ("a number above 0 and at most 1", lambda value: 0 < value <= 1),
    "stop_fraction": ("a number above 0 and below 0.5", lambda value: 0 < value < 0.5),
    "val_fraction": ("a number above 0 and below 0.5", lambda value: 0 < value < 0.5),
    "seed": ("a whole number of 0 or more", lambda value: value >= 0),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class PixelRecipe:
    """One complete recipe; ``read_pixel_recipe`` makes it from a file, ``override`` from another."""

    name: str
    """Its file below recipes/, without the suffix, as ``--recipe`` takes it."""
    description: str
    """What it is for, in a line; the net's card says it too."""
    architecture: str
    """Which net."""
    target: str = "vmaf"
    """What the net learns: ``vmaf`` or ``mos`` of a sample, or the ``clean`` picture."""
    loss: str
    """What is made small, one of those of the net's kind."""
    vmaf_weight: float = 0.02
    """What a whole lack of VMAF NEG (100) counts beside the mean difference of luma, with ``l1+vmaf_neg``."""
    clean_part: float = 0.0
    """The part of a filter's batch that is clean already, so that it learns to leave such pictures alone."""
    fresh_grain: bool = False
    """Whether pairs that are spoiled by grain get other grain each time a filter sees them; else always the same."""
    optimizer: str = "adamw"
    """The rule of a step."""
    learning_rate: float
    """The highest of the schedule."""
    weight_decay: float = 0.0
    """Of AdamW."""
    schedule: str = "constant"
    """How the learning rate goes over the steps."""
    batch_size: int
    """Samples per step."""
    epochs: int
    """The most; an epoch sees every sample once."""
    patience: int | None = None
    """Epochs without a lesser loss on the stopping sources after which the training ends; None: it goes on."""
    augment: str = "flips"
    """``flips``: samples are mirrored at random, both ways; nothing else, since more would change what is judged."""
    patches_per_step: int | None = None
    """How many places of a sample a step sees, drawn anew each time; None: all."""
    stop_fraction: float = 0.1
    """The part of the sources whose loss picks the best epoch, and ends the training."""
    val_fraction: float = 0.1
    """The part of the sources that only judge, where ``val_sources`` names none."""
    val_sources: tuple[str, ...] = ()
    """Sources that only judge."""
    hold_out: str | None = None
    """A fact that no training sample has, like ``codec=hevc``; None: none is left out."""
    seed: int = 0
    """Of the first weights, of the order of the samples, of flips, and of picked sources."""
    license: str = DEFAULT_LICENSE
    """Of the net: an SPDX identifier, or words where there is none."""

    def __post_init__(self) -> None:
        for entry, choices in _CHOICES.items():
            if (value := getattr(self, entry)) not in choices:
                raise RecipeError(f"recipe {self.name}: {entry} is {value!r}, but must be one of {', '.join(choices)}")
        for entry, (words, holds) in _LIMITS.items():
            if (value := getattr(self, entry)) is not None and not holds(value):
                raise RecipeError(f"recipe {self.name}: {entry} is {value!r}, but must be {words}")
        for entry, longest in _LONGEST.items():
            if not 0 < len(getattr(self, entry)) <= longest:
                raise RecipeError(f"recipe {self.name}: {entry} must be a text of 1 to {longest} letters")
        self._check_kind()
        if self.hold_out is not None:
            parse_hold_out(self.hold_out)

    def _check_kind(self) -> None:
        losses = FILTER_LOSSES if self.is_filter else SCORE_LOSSES
        if self.loss not in losses:
            raise RecipeError(f"recipe {self.name}: loss is {self.loss!r}, but must be one of {', '.join(losses)}")
        if self.loss == TAKEN and self.architecture != "prefilter_lite":
            raise RecipeError(f"recipe {self.name}: loss {TAKEN!r} is for prefilter_lite, which tells what it takes")
        if (self.target == "clean") != self.is_filter:
            raise RecipeError(
                f"recipe {self.name}: target is {self.target!r}, but a filter learns 'clean', and no other net does"
            )
        if self.patches_per_step is not None and self.sample_kind != "patches":
            raise RecipeError(
                f"recipe {self.name}: patches_per_step is for nets on patches; {self.architecture} is not"
            )
        for entry in ("clean_part", "fresh_grain"):
            if getattr(self, entry) and not self.is_filter:
                raise RecipeError(f"recipe {self.name}: {entry} is for filters; {self.architecture} is none")

    @property
    def sample_kind(self) -> SampleKind:
        """Which samples the net takes."""
        return SAMPLE_KINDS[self.architecture]

    @property
    def is_filter(self) -> bool:
        """The net gives pictures; else scores."""
        return self.sample_kind == "pairs"

    @property
    def output_name(self) -> str:
        """What the net's output is called: the target, but ``mos_100`` for opinions, which are learned on 0-100."""
        return "mos_100" if self.target == "mos" else self.target

    @property
    def sha256(self) -> str:
        """The hash of every entry that a training depends on: neither of the name nor of words about the net."""
        entries = {k: v for k, v in dataclasses.asdict(self).items() if k not in _NOT_OF_TRAINING}
        return hashlib.sha256(json.dumps(entries, sort_keys=True).encode()).hexdigest()

    def override(self, **changes: Value) -> "PixelRecipe":
        """The same recipe with other entries; an entry of None stays as it is."""
        given = {entry: value for entry, value in changes.items() if value is not None}
        return pixel_recipe_from({**dataclasses.asdict(self), **given})


def read_pixel_recipe(name_or_path: str) -> PixelRecipe:
    """The recipe of a name (``nr_vmaf``, ``record/c2``) or of a TOML file.

    Raises:
        RecipeError: there is no such recipe, it is one of a head, or an entry of it is unknown or senseless.
    """
    return pixel_recipe_from(recipe_entries(name_or_path))


def pixel_recipe_for(
    *, architecture: str | None = None, recipe: str | None = None, sample_kind: str, changes: Mapping[str, Value]
) -> PixelRecipe:
    """The recipe that a command asks for: a named one, else the shipped one of the architecture, with overrides.

    Args:
        architecture: Which net; None: the recipe's, or the one for the samples.
        recipe: A name or a TOML file; None: the architecture's own.
        sample_kind: Of the samples that are given.
        changes: Other entries of the recipe; None leaves one as it is.

    Raises:
        RecipeError: an unknown architecture or recipe, one for other samples, or an override that makes no sense.
    """
    if architecture is not None and architecture not in PIXEL_RECIPES:
        nets = ", ".join(PIXEL_RECIPES)
        raise RecipeError(f"no net {architecture!r} takes --samples (--model-arch); there are {nets}; heads: --table")
    fitting = [name for name, kind in SAMPLE_KINDS.items() if kind == sample_kind]
    found = read_pixel_recipe(recipe or PIXEL_RECIPES[architecture or fitting[-1]])
    if SAMPLE_KINDS[architecture or found.architecture] == sample_kind:
        return found.override(architecture=architecture, **changes)
    net = architecture or found.architecture
    raise RecipeError(
        f"{net} takes samples of kind {SAMPLE_KINDS[net]}, these are {sample_kind}: make others with "
        f"`tinyvmaf extract-samples --kind {SAMPLE_KINDS[net]}`, or take {' or '.join(fitting)}"
    )


def pixel_recipe_from(entries: Mapping[str, object]) -> PixelRecipe:
    """The recipe of these entries, each checked.

    Raises:
        RecipeError: an entry is unknown, missing or senseless, or the recipe is one of a head.
    """
    if entries.get(ARCHITECTURE) not in PIXEL_RECIPES:
        nets = ", ".join(PIXEL_RECIPES)
        raise RecipeError(
            f"recipe {entries['name']}: architecture is {entries.get(ARCHITECTURE)!r}, but of nets that see pixels "
            f"there are {nets}; a head on features takes --table instead of --samples"
        )
    return record_of(PixelRecipe, entries)

"""Recipes: everything that a training depends on besides the table, as a frozen record read from TOML.

The same recipe on the same table gives the same weights on one machine. ``sha256`` names all of it, so a flag that
overrides an entry changes the hash.
"""

import dataclasses
import hashlib
import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from tinyvmaf.errors import RecipeError
from tinyvmaf.features import FEATURE_SETS, V1_4, FeatureSet
from tinyvmaf.models.recipe_entries import Value
from tinyvmaf.models.recipe_files import ARCHITECTURE, PIXEL_RECIPES, recipe_entries, record_of
from tinyvmaf.pixels.svr import KERNEL_TEACHERS
from tinyvmaf.table.targets import OPINION_TARGETS, TARGETS

OWN_RECIPES: Mapping[str, str] = {
    "linear": "fr_linear",
    "mlp": "fr_mlp",
    "mlp_small": "fr_mlp_small",
    "mlp_medium": "fr_mlp_medium",
    "mlp_bn": "fr_mlp_bn",
    "temporal_cnn": "fr_temporal",
}
"""By net the recipe that it is trained by where none is named."""
ARCHITECTURES = tuple(OWN_RECIPES)
"""The nets that a recipe may name; ``models.fr.NETS`` has them."""
DEFAULT_ARCHITECTURE = "mlp_small"
"""What is trained where neither a net nor a recipe is named."""
DEFAULT_LICENSE = "BSD-2-Clause-Patent"
"""Of a net whose recipe names no other."""

_TAKES_HIDDEN = "mlp"
_NOT_OF_TRAINING = ("name", "description", "license")
_LONGEST = {"description": 400, "license": 200}
_DO_NOTHING: Mapping[str, Value] = {
    "hidden": None,
    "weight_decay": 0.0,
    "frames_per_clip": 16,
    "teacher_weight": 0.1,
    "correction": False,
    "chroma_guess": False,
}

_CHOICES: dict[str, tuple[str, ...]] = {
    "architecture": ARCHITECTURES,
    "feature_set": tuple(FEATURE_SETS),
    "target": TARGETS,
    "activation": ("relu", "silu"),
    "loss": ("censored", "mse"),
    "optimizer": ("adam",),
    "schedule": ("constant", "one-cycle"),
}
_LIMITS: dict[str, tuple[str, Callable[[float], bool]]] = {
    "steps": ("a whole number of 0 or more", lambda value: value >= 0),
    "epochs": ("a whole number of 0 or more", lambda value: value >= 0),
    "batch_size": ("a whole number of 1 or more", lambda value: value >= 1),
    "learning_rate": ("a number above 0 and below 10", lambda value: 0 < value < 10),
    "seed": ("a whole number of 0 or more", lambda value: value >= 0),
    "weight_decay": ("a number of 0 or more and below 1", lambda value: 0 <= value < 1),
    "frames_per_clip": ("a whole number of 2 or more", lambda value: value >= 2),
    "teacher_weight": ("a number above 0 and at most 1", lambda value: 0 < value <= 1),
    "konvid_val_fraction": ("a number above 0 and below 1", lambda value: 0 < value < 1),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Recipe:
    """One complete recipe; ``read_recipe`` makes it from a file, ``override`` from another."""

    name: str
    """Its file below recipes/, without the suffix, as ``--recipe`` takes it."""
    description: str
    """What it is for, in a line; the net's card says it too."""
    architecture: str
    """Which net."""
    hidden: tuple[int, ...] | None = None
    """The widths of the hidden layers, from input to output, of ``mlp``; None: the net has its own."""
    feature_set: str = "canonical-6"
    """Which features the net takes."""
    target: str = "vmaf"
    """Which column the net learns."""
    frames_per_clip: int = 16
    """How many frames' scores make a clip's score that is held against an opinion in training."""
    teacher_weight: float = 0.1
    """What a frame's teacher score counts beside an opinion, with the target ``hybrid``."""
    correction: bool = False
    """Whether the net adds to the score of its features' own teacher, which stays in the graph; for opinions only."""
    chroma_guess: bool = False
    """Whether the net guesses a chroma loss of exactly 0 from adm3, as ``vmaf_v1`` does; for its features only."""
    standardise: bool = True
    """Whether features and target are brought to mean 0 and deviation 1 over the training rows, inside the net."""
    bounded: bool = True
    """Whether the net's score is clipped to 0-100."""
    activation: str = "silu"
    """Between the layers."""
    loss: str = "censored"
    """``mse``, or ``censored``: the same, but a target of 100 (of 0) does not mind a prediction above (below) it."""
    optimizer: str = "adam"
    """The rule of a step."""
    learning_rate: float
    """The highest of the schedule."""
    weight_decay: float = 0.0
    """The part of every weight that a step of rate 1 takes away; apart from the gradient, as in AdamW."""
    schedule: str = "one-cycle"
    """How the learning rate goes over the steps."""
    steps: int | None = None
    """The budget in steps; either this or ``epochs``."""
    epochs: int | None = None
    """The budget in epochs; one epoch is as many whole batches as hold the training rows."""
    batch_size: int
    """Rows per step."""
    seed: int = 0
    """Of the initial weights and of the order of the rows."""
    val_mode: str | None = None
    """How rows are split, see ``table.splits``; None: as the tables suggest."""
    val_sources: tuple[str, ...] = ()
    """Sources to validate on; none: as ``val_mode`` picks them."""
    konvid_val_fraction: float = 0.1
    """How much of KoNViD-1k's sources the modes with a ``konvid-holdout`` hold out."""
    license: str = DEFAULT_LICENSE
    """Of the net: an SPDX identifier, or words where there is none. A table may ask for another than the default."""

    def __post_init__(self) -> None:
        for entry, choices in _CHOICES.items():
            if (value := getattr(self, entry)) not in choices:
                raise RecipeError(f"{_place(self, entry)} is {value!r}, but must be one of {', '.join(choices)}")
        for entry, (words, holds) in _LIMITS.items():
            if (value := getattr(self, entry)) is not None and not holds(value):
                raise RecipeError(f"{_place(self, entry)} is {value!r}, but must be {words}")
        for entry, longest in _LONGEST.items():
            if not 0 < len(getattr(self, entry)) <= longest:
                raise RecipeError(f"{_place(self, entry)} must be a text of 1 to {longest} letters: a card shows it")
        if (self.steps is None) == (self.epochs is None):
            raise RecipeError(f"recipe {self.name}: needs a budget, either steps or epochs, and not both")
        self._check_hidden()
        self._check_opinions()
        if self.chroma_guess and self.features.teacher != V1_4.teacher:
            raise RecipeError(f"{_place(self, 'chroma_guess')} is true, which needs the features {V1_4.name}")

    def _check_hidden(self) -> None:
        if (self.architecture == _TAKES_HIDDEN) != (self.hidden is not None):
            raise RecipeError(
                f"{_place(self, 'hidden')} is {self.hidden}, but {_TAKES_HIDDEN} needs widths, and no other net"
            )
        if self.hidden is not None and not (self.hidden and min(self.hidden) >= 1):
            raise RecipeError(f"{_place(self, 'hidden')} is {self.hidden}, but must be whole numbers of 1 or more")

    def _check_opinions(self) -> None:
        of_opinions = self.target in OPINION_TARGETS
        if of_opinions and self.batch_size % self.frames_per_clip:
            raise RecipeError(
                f"{_place(self, 'batch_size')} is {self.batch_size}, but opinions are learned of whole clips: it must "
                f"be a multiple of frames_per_clip, {self.frames_per_clip}"
            )
        with_teacher = self.features.teacher in KERNEL_TEACHERS
        if self.correction and not (of_opinions and self.loss == "mse" and with_teacher):
            raise RecipeError(
                f"{_place(self, 'correction')} is true, which needs a target of {' or '.join(OPINION_TARGETS)}, the "
                f"loss mse, and the features of {', '.join(KERNEL_TEACHERS)}"
            )

    @property
    def sha256(self) -> str:
        """The hash of every entry that a training depends on: neither of the name nor of words about the net."""
        entries = {k: v for k, v in dataclasses.asdict(self).items() if k not in _NOT_OF_TRAINING}
        # Recipes that came before an entry keep their hash: where the entry does nothing, it stays out.
        entries = {k: v for k, v in entries.items() if k not in _DO_NOTHING or v != _DO_NOTHING[k]}
        return hashlib.sha256(json.dumps(entries, sort_keys=True).encode()).hexdigest()

    @property
    def features(self) -> FeatureSet:
        """The feature set that it names."""
        return FEATURE_SETS[self.feature_set]

    @property
    def output_name(self) -> str:
        """What the net's score is called: the target, but ``mos_100`` for opinions, which are learned on 0-100."""
        return "mos_100" if self.target in OPINION_TARGETS else self.target

    @property
    def output_range(self) -> tuple[float, float] | None:
        """The range that the net's score is clipped to."""
        return (0.0, 100.0) if self.bounded else None

    def override(self, **changes: Value) -> "Recipe":
        """The same recipe with other entries; an entry of None stays as it is.

        A budget replaces the other budget, and another net has other widths.
        """
        given = {entry: value for entry, value in changes.items() if value is not None}
        if "steps" in given or "epochs" in given:
            given = {"steps": None, "epochs": None, **given}
        if given.get("architecture", self.architecture) != self.architecture:
            given = {"hidden": None, **given}
        return recipe_from({**dataclasses.asdict(self), **given})


def read_recipe(name_or_path: str) -> Recipe:
    """The recipe of a name (``fr_mlp_small``, ``record/c1``) or of a TOML file.

    Raises:
        RecipeError: there is no such recipe, or an entry of it is unknown or senseless.
    """
    return recipe_from(recipe_entries(name_or_path))


def recipe_for(*, architecture: str | None = None, recipe: str | None = None, **changes: Value) -> Recipe:
    """The recipe that a command asks for: a named one, else the shipped one of the architecture, with overrides.

    Raises:
        RecipeError: an unknown architecture or recipe, or an override that makes no sense.
    """
    if architecture in PIXEL_RECIPES:
        raise RecipeError(f"{architecture} sees pixels: give --samples DIR instead of --table")
    if architecture is not None and architecture not in ARCHITECTURES:
        raise RecipeError(f"no net {architecture!r} (--model-arch); there are {', '.join(ARCHITECTURES)}")
    found = read_recipe(recipe or OWN_RECIPES[architecture or DEFAULT_ARCHITECTURE])
    return found.override(architecture=architecture, **changes)


def recipe_from(entries: Mapping[str, object]) -> Recipe:
    """The recipe of these entries, each checked.

    Raises:
        RecipeError: an entry is unknown, missing or senseless; the message names it and what would do. Or the recipe is
            one of a net that sees pixels.
    """
    if entries.get(ARCHITECTURE) in PIXEL_RECIPES:
        raise RecipeError(
            f"recipe {entries['name']} is of {entries[ARCHITECTURE]}, which sees pixels: give --samples DIR, made by "
            "`tinyvmaf extract-samples`, instead of --table"
        )
    return record_of(Recipe, entries)


def _place(recipe: Recipe, entry: str) -> str:
    return f"recipe {recipe.name}: {entry}"

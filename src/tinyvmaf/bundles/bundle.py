"""The bundle, a folder with ``model.onnx``, ``model.json`` and ``card.md``; and its sidecar ``model.json`` as a record.

The sidecar says all that is needed to feed the model rightly, and all that it was made from. Its JSON Schema is
``schemas/sidecar.json``.
"""

import json
import re
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from tinyvmaf.bundles.facts import (
    Evaluation,
    Finding,
    Int8Facts,
    Interval,
    Latency,
    LibraryVersions,
    RecipeStamp,
    TensorSpec,
)
from tinyvmaf.bundles.ops import OPSET
from tinyvmaf.bundles.pixel_tensors import check_filter, check_nr, output_range_of
from tinyvmaf.bundles.records import record_from
from tinyvmaf.documents import Json, check, to_json
from tinyvmaf.errors import BundleError
from tinyvmaf.features import FEATURE_SETS
from tinyvmaf.table.schema import TableFacts

SCHEMA_VERSION = 1
ID_PATTERN = re.compile(r"(?!(?:con|prn|aux|nul|com[0-9]|lpt[0-9])$)[a-z][a-z0-9_-]{0,63}")
"""An id names a folder on every file system, and nothing outside it."""

_WHERE_THERE_ARE = ("int8", "findings")
"""Fields that ``model.json`` leaves out where there is nothing to say."""

Kind = Literal["fr", "nr", "filter"]


@dataclass(frozen=True, slots=True)
class Sidecar:
    """What ``model.json`` says."""

    schema_version: int
    """Of this record."""
    id: str
    """Its name on the shelf."""
    version: int
    """Counts the models that bore the id."""
    kind: Kind
    """Full reference, no reference, or a pre-filter."""
    description: str
    """One sentence."""
    license: str
    """SPDX identifier, or words where there is none."""
    onnx_opset: int
    """As the graph declares it."""
    inputs: tuple[TensorSpec, ...]
    """In the graph's order."""
    outputs: tuple[TensorSpec, ...]
    """In the graph's order."""
    feature_set: str | None
    """Of a head; None: the model sees pixels."""
    feature_names: tuple[str, ...]
    """Columns of the clip table, in input order."""
    target: str
    """The teacher it learned, or ``mos_100``."""
    output_range: tuple[float, float] | None
    """The graph clips to it; None: it clips nothing."""
    intervals: tuple[Interval, ...]
    """None calibrated: empty."""
    trained_on: tuple[TableFacts, ...]
    """The tables of the training."""
    recipe: RecipeStamp | None
    """None: not trained by a recipe."""
    seed: int | None
    """Of the training."""
    commit: str | None
    """Of the code that trained it."""
    library_versions: LibraryVersions
    """That trained and exported it."""
    evaluation: tuple[Evaluation, ...]
    """Most telling first."""
    latency: Latency | None
    """None: not measured."""
    parameter_count: int
    """Trained numbers."""
    smoke: bool
    """Made to check the harness: it has learned nothing."""
    credits: tuple[str, ...] = ()
    """Whose material trained or judged it, a line per corpus; none told: empty."""
    int8: Int8Facts | None = None
    """The int8 form beside it; None: there is none, and ``model.json`` does not speak of it."""
    findings: tuple[Finding, ...] = ()
    """What was measured of a filter; none: empty, and ``model.json`` does not speak of them."""

    def __post_init__(self) -> None:
        if not ID_PATTERN.fullmatch(self.id):
            raise BundleError(f"{self.id!r} is no id: a letter, then at most 63 of a-z 0-9 _ -")
        if self.onnx_opset != OPSET:
            raise BundleError(f"opset {self.onnx_opset} is not {OPSET}")
        if self.output_range is not None and not self.output_range[0] < self.output_range[1]:
            raise BundleError(f"the output range {list(self.output_range)} is empty")
        self._check_features()

    def _check_features(self) -> None:
        """A head takes the features of its set, all of them, in the set's order."""
        if self.feature_set is None:
            self._check_pixels()
            return
        if self.feature_set not in FEATURE_SETS:
            raise BundleError(f"feature set {self.feature_set!r} is none of {', '.join(FEATURE_SETS)}")
        names = FEATURE_SETS[self.feature_set].names
        if self.feature_names != names:
            raise BundleError(f"features {list(self.feature_names)} are not those of {self.feature_set}: {list(names)}")
        if [spec.shape[-1:] for spec in self.inputs] != [(len(names),)]:
            raise BundleError(f"a head on {self.feature_set} takes one input of {len(names)} columns")
        if [len(spec.shape) for spec in (*self.inputs, *self.outputs)] != [2, 1]:
            raise BundleError("a head takes rows (N, F), or the frames (T, F) of a clip, and gives one score per row")

    def _check_pixels(self) -> None:
        """Without features, a model takes luma: of two videos (full reference), or of one."""
        if self.feature_names:
            raise BundleError("feature names without a feature set")
        if self.kind != "fr":
            self._check_one_video()
            return
        shapes = [tuple(isinstance(axis, int) for axis in spec.shape) for spec in (*self.inputs, *self.outputs)]
        luma, rows, column = (False, True, False, False), (False, True), (False,)
        if shapes != [luma, luma, rows, column]:
            raise BundleError("a model that compares pixels takes (T, 1, H, W) twice, and gives (T, F) and (T)")

    def _check_one_video(self) -> None:
        """A score without a reference, or a pre-filter; both clip what they give."""
        check_tensors = check_nr if self.kind == "nr" else check_filter
        check_tensors(self.inputs, self.outputs)
        if self.output_range != output_range_of(self.kind):
            raise BundleError(f"the output range of kind {self.kind} is {list(output_range_of(self.kind))}")

    def to_fields(self) -> dict[str, Json]:
        """What ``model.json`` holds, checked against its schema.

        Raises:
            BundleError: a field breaks the schema.
        """
        fields = to_json(self)
        if isinstance(fields, dict):
            fields = {name: value for name, value in fields.items() if value or name not in _WHERE_THERE_ARE}
        try:
            check(fields, "sidecar")
        except ValueError as error:
            raise BundleError(f"the sidecar of {self.id} breaks its schema: {error}") from error
        return fields if isinstance(fields, dict) else {}

    def to_text(self) -> str:
        """The text of ``model.json``.

        Raises:
            BundleError: a field breaks the schema.
        """
        return json.dumps(self.to_fields(), indent=2, allow_nan=False, ensure_ascii=False) + "\n"


def sidecar_from(text: bytes) -> Sidecar:
    """The sidecar that the bytes of a ``model.json`` spell.

    Raises:
        BundleError: it breaks the schema, or its parts do not fit together.
    """
    return record_from(Sidecar, text, schema="sidecar")


@dataclass(frozen=True, slots=True)
class Bundle:
    """The folder of one model."""

    directory: Path
    """Holds the three files."""

    @property
    def onnx(self) -> Path:
        """The graph with its weights."""
        return self.directory / "model.onnx"

    @property
    def int8(self) -> Path:
        """The same quantised, where the sidecar speaks of it."""
        return self.directory / "model.int8.onnx"

    @property
    def sidecar(self) -> Path:
        """What the model is and what it was made from; written last."""
        return self.directory / "model.json"

    @property
    def card(self) -> Path:
        """The same for people."""
        return self.directory / "card.md"

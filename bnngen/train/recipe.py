"""The recipe of a training run: one short TOML file, checked whole before anything runs."""

from __future__ import annotations

import contextlib
import hashlib
from collections.abc import Iterator
from pathlib import Path
from typing import Annotated, Any, ClassVar, Literal

from pydantic import AfterValidator, BeforeValidator, Field, model_validator

from bnngen.base.errors import RecipeError
from bnngen.base.text import joined
from bnngen.base.toml import line_in, one_of, read_toml
from bnngen.reference.table_file import DELIMITERS
from bnngen.train.choices import ESTIMATORS, LOSSES, OPTIMIZERS, RATES
from bnngen.train.prune.table import PruneTable
from bnngen.train.recipe_table import (
    MOST_STEPS,
    Names,
    NonNegative,
    Positive,
    RecipeTable,
    Seed,
    Share,
    Size,
    Sizes,
    Steps,
)

FLOAT = 32
"""The number of bits that stands for float: for teachers, which stay on the host."""


def _known_bits(bits: int) -> int:
    if bits > 8 and bits != FLOAT:
        raise ValueError(f"1 to 8, or {FLOAT} for float")
    return bits


Bits = Annotated[int, Field(ge=1), AfterValidator(_known_bits)]
_LATER = {
    "data": ("drop", "keep", "words", "missing", "delimiter", "header", "size"),
    "model": ("depths", "kernels", "expand", "end"),
    "train": ("start", "precision"),
}
"""Fields that runs of earlier versions did not have."""


def _as_tuple(size: object) -> object:
    """One number is a list of one."""
    return tuple(size) if isinstance(size, list) else (size,)


Places = Annotated[tuple[Size, ...], Field(min_length=1, max_length=2), BeforeValidator(_as_tuple)]


class DataTable(RecipeTable):
    """Where the samples come from, and how the network sees them.

    ``name`` is a built-in set or a kind of file; ``path`` is relative to the current folder.
    ``validation`` is how many training samples (below 1: which share of them) choices are made on, where the
    set has no validation part of its own; ``test`` the same where it has no test part. Samples with the same
    value in the array ``group`` stay together. The array ``categories`` holds codes that become one column
    each. ``split_seed`` chooses the samples of the parts.

    Of a CSV file: ``label`` names the column with the classes, ``drop`` columns that are left out and
    ``keep`` those that stay though they seem to teach nothing; the columns ``words`` hold words, and stay,
    though they may look like numbers. ``missing``: rows without a number are dropped, or filled with the
    column's median. ``delimiter`` and ``header`` are found out if not given.

    ``size``: images and sequences of integers become so small first, as `bnngen.reference.resize` does it:
    one number, of steps of a sequence or of rows and of columns, or rows and columns.

    ``input``: "binarize" compares with ``threshold`` (a share of the range); "range" spreads the range of
    the training data over all codes; "standardize" subtracts each feature's mean and divides by its
    deviation; "thermometer" compares with ``levels`` values, at equal steps or at quantiles (``spacing``).
    """

    name: str
    path: Path | None = None
    test_path: Path | None = None
    validation: Positive = 0.1
    test: Positive = 0.2
    group: str | None = None
    categories: str | None = None
    label: str | None = None
    drop: Names = ()
    keep: Names = ()
    words: Names = ()
    missing: Literal["error", "drop", "fill"] = "error"
    delimiter: Annotated[str, one_of(DELIMITERS)] | None = None
    header: bool | None = None
    split_seed: Seed = 0
    size: Places | None = None
    input: Literal["binarize", "range", "standardize", "thermometer"] = "range"
    threshold: Share = 0.5
    levels: Annotated[int, Field(ge=1, le=64)] = 8
    spacing: Literal["even", "quantile"] = "quantile"


class LayerTable(RecipeTable):
    """What one layer has otherwise than the rest."""

    weight_bits: Bits | None = None
    act_bits: Bits | None = None


class ModelTable(RecipeTable):
    """The network: an architecture by name, or ``file.py:function`` for one's own, its sizes and its bits.

    ``depths`` says how many convolutions or blocks there are for each width. ``kernels`` has the size of
    each window, all of them odd, which then keep the map's size; ``kernel`` and ``padding`` are for all.
    ``expand``: how many times wider each inverted bottleneck is inside. ``end``: what is between the last map
    and the dense layers.

    ``act_bits`` are those of every hidden activation, ``input_bits`` those of the network's input; 32 stands
    for float. ``thresholds``: "learned" puts a learned shift before each sign (RSign). ``layers`` overrides
    the bits of single layers.
    """

    architecture: str
    widths: Sizes | None = None
    dense: Sizes | None = None
    kernel: Annotated[int, Field(ge=1, le=1024)] | None = None
    padding: Annotated[int, Field(ge=0, le=8)] | None = None
    depths: Sizes | None = None
    kernels: Sizes | None = None
    expand: Sizes | None = None
    end: Literal["flatten", "mean"] | None = None
    weight_bits: Bits = 1
    act_bits: Bits = 1
    input_bits: Bits | None = None
    last_weight_bits: Bits | None = None
    thresholds: Literal["norm", "learned"] = "norm"
    layers: dict[str, LayerTable] = Field(default_factory=dict)


class Augmentation(RecipeTable):
    """Random changes of training images: shifts of up to ``shift`` pixels, mirroring left to right, turns of
    up to ``turn`` degrees, sizes changed by up to the share ``zoom``, noise of this share of the range.

    ``time_shift`` moves sequences (N, L, C) by up to so many steps; the first or last step is repeated.
    """

    shift: Annotated[int, Field(ge=0, le=16)] = 0
    time_shift: Annotated[int, Field(ge=0, le=64)] = 0
    flip: bool = False
    turn: Annotated[float, Field(ge=0, le=45)] = 0.0
    zoom: Annotated[float, Field(ge=0, le=0.5)] = 0.0
    noise: Annotated[float, Field(ge=0, le=1)] = 0.0

    @property
    def warps(self) -> bool:
        """Whether images are turned or zoomed."""
        return self.turn > 0 or self.zoom > 0


class TrainTable(RecipeTable):
    """How the network is trained.

    ``start``: the folder of an earlier run, or a model file that one has left, whose weights training begins
    with in place of random ones.
    ``warm_start`` lists numbers of bits to begin with, each for ``warm_epochs``, before the recipe's own:
    [4, 2] trains at 4 bits, then at 2. ``keep``: the network of the "best" epoch on the validation part, or
    of the "last". ``norm_batches``: how many batches the batch norms' statistics are measured over at the
    end; 0 keeps the running ones. ``precision``: that of products and sums while it learns; validation and
    export are in float32.
    """

    epochs: Steps
    batch: Annotated[int, Field(ge=2, le=MOST_STEPS)] = 256
    optimizer: Annotated[str, one_of(OPTIMIZERS)] = "adam"
    learning_rate: Positive = 0.01
    schedule: Annotated[str, one_of(RATES)] = "cosine"
    warmup_epochs: NonNegative = 0.0
    weight_decay: NonNegative = 0.0
    label_smoothing: Annotated[float, Field(ge=0, lt=1)] = 0.0
    dropout: Annotated[float, Field(ge=0, lt=1)] = 0.0
    seed: Seed = 0
    start: Path | None = None
    estimator: Annotated[str, one_of(ESTIMATORS)] = "clipped"
    weight_estimator: Annotated[str, one_of(ESTIMATORS)] = "clipped"
    warm_start: Annotated[tuple[Annotated[int, Field(ge=2, le=8)], ...], Field(max_length=64)] = ()
    warm_epochs: Steps = 5
    keep: Literal["best", "last"] = "best"
    norm_batches: Annotated[int, Field(ge=0, le=MOST_STEPS)] = 100
    threads: Annotated[int, Field(ge=1, le=64)] = 1
    device: Literal["auto", "cpu", "cuda"] = "auto"
    precision: Literal["float32", "bfloat16"] = "float32"
    augmentation: Augmentation = Augmentation()

    @model_validator(mode="after")
    def _begins_once(self) -> TrainTable:
        if self.start is not None and self.warm_start:
            raise ValueError("without warm_start where start names the weights to begin with")
        return self


class DistillTable(RecipeTable):
    """What the network learns from a teacher: the folder of an earlier run, or a model file.

    The loss is (1 - ``response``) times that of the labels, plus ``response`` times the divergence from the
    teacher's answers at ``temperature``, plus ``feature`` and ``relation`` times those losses.
    """

    teacher: Path
    temperature: Positive = 4.0
    response: Annotated[float, Field(ge=0, le=1)] = 0.7
    feature: NonNegative = 0.0
    relation: NonNegative = 0.0

    @model_validator(mode="after")
    def _teaches(self) -> DistillTable:
        if not any(getattr(self, name) for name in LOSSES):
            raise ValueError(f"one of {joined([*LOSSES], 'and')} above 0")
        return self


class Recipe(RecipeTable):
    """The whole recipe."""

    ELSEWHERE: ClassVar = {"supernet": "makes it the recipe of a supernet, for bnngen supernet"}

    data: DataTable
    model: ModelTable
    train: TrainTable
    distill: DistillTable | None = None
    prune: PruneTable | None = None

    @model_validator(mode="after")
    def _begins_once(self) -> Recipe:
        if self.train.start is not None and self.prune is not None and self.prune.network is not None:
            raise ValueError("either train.start or prune.network, not both: each names what to begin with")
        return self

    @property
    def is_float(self) -> bool:
        """Whether any part of the network is in float: such a network can teach, but not be built."""
        model = self.model
        bits = [model.weight_bits, model.act_bits, model.input_bits, model.last_weight_bits]
        bits += [b for layer in model.layers.values() for b in (layer.weight_bits, layer.act_bits)]
        return FLOAT in bits

    @property
    def inputs(self) -> list[Path]:
        """The files and folders that it reads."""
        named = [self.data.path, self.data.test_path, self.train.start]
        named.append(self.prune.network if self.prune else None)
        named.append(self.distill.teacher if self.distill else None)
        return [path for path in named if path is not None]

    @property
    def key(self) -> str:
        """What tells this recipe from every other; comments and layout don't count."""
        exclude: dict[str, Any] = {}  # runs from before a field or a table was there go on
        for name, later in _LATER.items():
            table = getattr(self, name)
            fields = type(table).model_fields
            exclude[name] = {n for n in later if getattr(table, n) == fields[n].default}
        if self.prune is None:
            exclude["prune"] = True
        elif self.prune.widths is None:
            exclude["prune"] = {"widths"}
        return hashlib.sha256(self.model_dump_json(exclude=exclude).encode()).hexdigest()


def load_recipe(path: str | Path) -> Recipe:
    """The recipe in the file ``path``.

    Raises RecipeError with one line for each mistake, which names the file, the line and what is accepted.
    """
    return read_toml(Path(path), Recipe, RecipeError)


@contextlib.contextmanager
def locating(path: str | Path) -> Iterator[None]:
    """Adds to a RecipeError that names a field the file ``path`` and the field's line in it."""
    try:
        yield
    except RecipeError as error:
        if not error.field:
            raise
        line = line_in(Path(path), error.field.split("."), RecipeError)
        raise RecipeError(f"{path}:{line}: {error}") from None

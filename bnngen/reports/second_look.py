"""A word where a person would look twice: what is allowed, computed exactly, and hardly ever meant.

Each check gives one line or None. None of them changes a result; all are cheap, and most look at some frames
only. What is said of few frames would say little, so there the checks that count are silent.
"""

from __future__ import annotations

import math
from typing import Any, cast

import numpy as np
from numpy.typing import NDArray

from bnngen.ops.layer import Thresholded
from bnngen.reference.data_file import Data
from bnngen.reference.network import Network, nearest_float
from bnngen_boards.profile import Board

FEW = 32
"""Frames below which nothing is counted."""
LOOKED_AT = 256
"""Frames that are looked at where looking takes time."""
FRAMES_A_CLASS = 20
"""With so many frames a class on average, one that is missing is missing on purpose or by mistake."""
DEAD_SHARE = 0.25
"""Of the channels of a layer. Real networks have up to 7 % that never change."""
BEYOND_SHARE = 0.9
FAR_ABOVE = 1.5
"""Times the fastest clock that was ever routed."""


def words(*found: str | None) -> list[str]:
    """What there is to say."""
    return [text for text in found if text is not None]


def one_sided_codes(codes: NDArray[np.integer]) -> str | None:
    """Whether the input quantiser makes the same of all inputs."""
    if len(codes) < FEW or (codes != codes.flat[0]).any():
        return None
    return (
        f"all inputs become the code {codes.flat[0]}: they lie on one side of every threshold of the input "
        "quantiser; is an x_scale missing, or another range meant?"
    )


def beyond_the_range(x: NDArray[Any], scale: float, network: Network) -> str | None:
    """Whether nearly all of the real inputs ``x``, times ``scale``, lie beyond the ends of the input
    quantiser, but for the commonest value: the background of a picture is an end in any scale."""
    quantizer, type_ = network.quantizer, network.quantizer.type
    if len(x) < FEW or type_.bipolar:
        return None
    x = network.streamed(x[:LOOKED_AT]).astype(np.float64) * scale
    values, counts = np.unique(x, return_counts=True)
    others = x != values[counts.argmax()]
    mul, add = (np.array([nearest_float(v) for v in numbers]) for numbers in (quantizer.mul, quantizer.add))
    with np.errstate(over="ignore", invalid="ignore"):
        code = mul * x + add
    beyond = (code < type_.lo - 1) | (code > type_.hi + 1)
    share = (beyond & others).sum() / max(1, others.sum())
    if share < BEYOND_SHARE:
        return None
    return (
        f"{100 * share:.0f} % of the inputs (the commonest value aside) lie beyond the range of the input "
        f"quantiser: they reach from {values[0]:g} to {values[-1]:g}; is an x_scale missing?"
    )


def labels_outside(labels: NDArray[np.int64], classes: int) -> str | None:
    """Whether some labels are no classes of the network."""
    outside = np.flatnonzero((labels < 0) | (labels >= classes))
    if not len(outside):
        return None
    return (
        f"{len(outside):,} of {len(labels):,} labels are no class of the network, which has {classes:,} "
        f"outputs; the first is {labels[outside[0]]}, of frame {outside[0]:,}"
    )


def missing_classes(labels: NDArray[np.int64], classes: int, enough: int | None = None) -> str | None:
    """Whether some classes of the network have no frame at all, among ``enough`` frames or more."""
    if len(labels) < (FRAMES_A_CLASS * classes if enough is None else enough):
        return None
    missing = np.setdiff1d(np.arange(classes), labels)
    if not len(missing):
        return None
    which = (
        f"one of {len(missing):,} labels, {missing[0]} first" if len(missing) > 1 else f"label {missing[0]}"
    )
    return f"no frame of {len(labels):,} has {which}, though the network has an output for each class"


def no_better_than_chance(predicted: NDArray[np.int64], labels: NDArray[np.int64]) -> str | None:
    """Whether the network answers always the same, or hardly better than that would be."""
    frames = len(predicted)
    if frames < FEW or (labels == labels[0]).all():
        return None
    if (predicted == predicted[0]).all():
        return f"the network answers class {predicted[0]} to all {frames:,} frames"
    right = float((predicted == labels).mean())
    chance = _chance(right, labels)
    return chance and f"{100 * right:.1f} % of {frames:,} frames are right, {chance}"


def nothing_learned(best: float, labels: NDArray[np.int64]) -> str | None:
    """Whether even the ``best`` accuracy of all epochs on the training samples is next to none."""
    if len(labels) < FEW or (labels == labels[0]).all():
        return None
    chance = _chance(best, labels)
    return chance and (
        f"nothing was learned: in no epoch more than {100 * best:.1f} % of the training samples were right, "
        f"{chance}; try another train.learning_rate"
    )


def _chance(right: float, labels: NDArray[np.int64]) -> str | None:
    """Whether a share that is right is within two deviations of what the commonest label for all would be."""
    kinds, counts = np.unique(labels, return_counts=True)
    share = float(counts.max()) / len(labels)
    if right > share + 2 * math.sqrt(share * (1 - share) / len(labels)):
        return None
    commonest = kinds[counts.argmax()]
    return f"no more than by chance: class {commonest} for all of them would be {100 * share:.1f} %"


class Activity:
    """Watches the golden model: which channels ever change over the first frames."""

    def __init__(self) -> None:
        self._first: dict[int, NDArray[Any]] = {}
        self._same: dict[int, NDArray[np.bool_]] = {}
        self._frames: dict[int, int] = {}

    def __call__(self, number: int, tensor: NDArray[Any]) -> None:
        """The layer's outputs (frames, ..., channels) for some more frames."""
        seen = self._frames.get(number, 0)
        tensor = tensor[: LOOKED_AT - seen]
        if len(tensor):
            first = self._first.setdefault(number, tensor[0].copy())
            same = np.asarray((tensor == first).reshape(-1, tensor.shape[-1]).all(axis=0))
            self._same[number] = self._same[number] & same if seen else same
            self._frames[number] = seen + len(tensor)

    def dead_layers(self, network: Network) -> str | None:
        """Whether layers have many channels that never changed, or that their thresholds let never change."""
        found = []
        for number, layer in enumerate(network.layers):
            if not layer.op.parameters:
                continue
            same = constant_channels(cast(Thresholded, layer.op))
            if self._frames.get(number, 0) >= FEW:
                same |= self._same[number]
            if same.sum() >= DEAD_SHARE * len(same):
                found.append(f"{same.sum():,} of {len(same):,} in layer '{layer.name}'")
            if same.all():
                break  # whatever comes behind it is constant too
        if not found:
            return None
        frames = max(self._frames.values(), default=0)
        return f"outputs that are the same for all of {frames:,} frames: {', '.join(found)}"


def constant_channels(op: Thresholded) -> NDArray[np.bool_]:
    """The channels of a layer each of whose thresholds is always or never reached."""
    if op.activation is None:
        return np.zeros(len(op.weights), bool)
    least, greatest = op.row_ranges[:, :1], op.row_ranges[:, 1:]
    decided = (op.activation.thresholds <= least) | (op.activation.thresholds > greatest)
    return np.asarray(decided.all(axis=1))


def at_a_run(network: Network, data: Data, y: NDArray[np.int64], activity: Activity) -> list[str]:
    """What there is to say of ``data`` that the golden model has run with ``activity`` watching, and of the
    integers ``y`` that came out."""
    if not data.typical:
        return []
    stuck, classes = one_sided_codes(data.codes), network.classes_out
    labels = None if data.labels is None else data.labels.ravel()
    found = [stuck or (None if data.x is None else beyond_the_range(data.x, data.scale, network))]
    if labels is not None:
        found += [labels_outside(labels, classes), missing_classes(labels, classes)]
        found += [] if stuck else [no_better_than_chance(network.classes(y).ravel(), labels)]
    return words(*found, None if stuck else activity.dead_layers(network))


def fast_clock(board: Board, clock_mhz: float) -> str | None:
    """Whether a clock is far above the fastest one that was ever routed on such a device."""
    known = board.fastest_routed_mhz
    if known is None or clock_mhz <= FAR_ABOVE * known:
        return None
    return (
        f"{clock_mhz:g} MHz is far above {known:g} MHz, the fastest clock that such a design is known to "
        f"have reached on {board.device}: the timing will hardly be met"
    )

"""Which layers move the elements of a tensor in the middle of a network as a Reshape says."""

from __future__ import annotations

import math
from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from bnngen.ir.graph import Shape
from bnngen.ir.moves import Reshape
from bnngen.ir.window import Window
from bnngen.numbers.datatypes import IntType
from bnngen.ops.conv2d import Conv2d
from bnngen.ops.depth_to_space import DepthToSpace
from bnngen.ops.layer import Layer
from bnngen.ops.space_to_depth import SpaceToDepth

Order = NDArray[np.int64]


def reordering_layers(op: Reshape, shape: Shape, type_: IntType) -> list[tuple[Layer, Shape]] | None:
    """The layers, one behind the other, for an input of ``shape`` and ``type_``, each with the shape in
    which it sees what it reads; None if there are none.

    Blocks of channels become positions, or the other way round, and channels change places.
    """
    wanted, target = op.permutation(shape), op.output_shape([shape])
    if min(len(shape), len(target)) < 2:
        return None
    for move in _moves(_as_map(shape), _as_map(target), type_):
        if isinstance(move, SpaceToDepth):
            order = _order_behind(move, wanted)
            exchanged = target
        else:
            order = _order_before(move, shape, wanted)
            exchanged = shape
        if order is not None:
            row: list[tuple[Layer, Shape]] = (
                [] if move is None or move.blocks[0] == 1 else [(move, move.shape)]
            )
            exchange = (
                [] if np.array_equal(order, np.arange(len(order))) else [_exchange(order, exchanged, type_)]
            )
            return [*row, *exchange] if isinstance(move, SpaceToDepth) else [*exchange, *row]
    return None


def _as_map(shape: Shape) -> Shape:
    """A sequence is a map of one row."""
    return (1,) * (3 - len(shape)) + shape


def _moves(shape: Shape, target: Shape, type_: IntType) -> Iterator[DepthToSpace | SpaceToDepth | None]:
    """What may happen beside channels that change places; None for nothing."""
    if shape == target:
        yield None
    down, along = target[0] // shape[0], target[1] // shape[1]
    if (shape[0] * down, shape[1] * along, shape[2]) == (*target[:2], target[2] * down * along):
        yield DepthToSpace((down, along), shape, type_)
    down, along = (shape[k] // target[k] for k in (0, 1))
    if (target[0] * down, target[1] * along, target[2]) == (*shape[:2], shape[2] * down * along):
        yield SpaceToDepth((down, along), shape, type_)


def _exchange(order: Order, shape: Shape, type_: IntType) -> tuple[Layer, Shape]:
    """A convolution with one tap, whose weights say where each channel comes from."""
    weights = np.eye(len(order), dtype=np.int64)[order]
    return Conv2d(weights, Window.plain((1,) * (len(shape) - 1)), shape[:-1], type_), shape


def _order_before(move: DepthToSpace | None, shape: Shape, wanted: Order) -> Order | None:
    """The order of channels in front of ``move`` with which it does what is wanted."""
    moved = np.arange(math.prod(shape))
    if move is not None:
        moved = move.compute(moved[None]).reshape(-1)
    channels = shape[-1]
    order = np.zeros(channels, np.int64)
    order[moved % channels] = wanted % channels
    return order if np.array_equal(moved - moved % channels + order[moved % channels], wanted) else None


def _order_behind(move: SpaceToDepth, wanted: Order) -> Order | None:
    """The order of channels behind ``move`` with which it does what is wanted."""
    moved = move.compute(np.arange(move.elements_in)[None]).reshape(-1, move.result[-1])
    rows = wanted.reshape(moved.shape)
    places = {int(place): channel for channel, place in enumerate(moved[0])}
    order = np.array([places.get(int(place), 0) for place in rows[0]])
    return order if np.array_equal(moved[:, order], rows) else None

"""The integer network: what the accelerator computes, and what the host does before and after it."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from bnngen.ir.graph import Shape, channels_first
from bnngen.ir.moves import Reshape, Transposition
from bnngen.numbers.datatypes import IntType
from bnngen.numbers.exact import Exact, ExactArray
from bnngen.ops.layer import Layer
from bnngen.reference.head import Head
from bnngen.reference.input_quantizer import Quantizer
from bnngen.reference.names import NO_NAMES, Names

NETWORK_INPUT = -1
"""In place of a layer's number: what the host's quantiser makes."""

BATCH_ELEMENTS = 1 << 23
"""Elements of a tensor that the golden model computes at once: tens of megabytes. Smaller batches lose more
to the threads of the matrix products, which wait for each other in every one, than they win in the caches."""


Watch = Callable[[int, NDArray[Any]], None]
"""Takes a layer's number and its outputs (frames, ..., channels)."""


@dataclass(frozen=True)
class NamedLayer:
    """A layer with the name that the model file gives it.

    ``inputs``: the numbers of the layers that it reads, or `NETWORK_INPUT`; by default the layer before it.
    ``views``: the shapes, channels last, in which it sees their frames, element for element in the same
    order; by default those that they have.
    """

    name: str
    op: Layer
    inputs: tuple[int, ...] | None = None
    views: tuple[Shape, ...] | None = None


@dataclass(frozen=True, eq=False)
class Host:
    """What the host computes behind the last integer: mul*y + add, then the function ``head`` if there is
    one.

    ``order`` has the position in the stream of each element of the file's outputs, where these have another
    order; ``shape`` is that of a frame in the file, where that is not one axis. ``mul`` and ``add`` are one
    number, or one for each channel, which are slowest in the file's order. ``transpositions`` is how
    ``order`` differs from that of the last layer's outputs with their channels first, as in
    `bnngen.ir.moves.Reshape`.
    """

    mul: ExactArray
    add: ExactArray
    head: Head | None = None
    order: NDArray[np.int64] | None = None
    shape: Shape | None = None
    transpositions: tuple[Transposition, ...] = ()

    def real_outputs(self, y: NDArray[np.int64]) -> NDArray[np.float64]:
        """y (frames, outputs) integers in the stream's order to the model's own outputs (frames, *shape) in
        float64."""
        y = self._in_file(y)
        with np.errstate(over="ignore", invalid="ignore"):
            real = y.astype(np.float64) * self._each(self.mul, y) + self._each(self.add, y)
        if self.head is not None:
            real = self.head(real)
        return real if self.shape is None else real.reshape(len(real), *self.shape)

    def classes(self, y: NDArray[np.int64]) -> NDArray[np.int64]:
        """The index of the greatest real output of each frame, the lowest one at a tie, exactly; of each of
        the head's rows, (frames, *head.shape), where it has several."""
        y = self._in_file(y)
        if not self.class_shape:
            return self._best(y, np.arange(y.shape[1]))
        assert self.head is not None
        best = [self._best(y, row) for row in self.head.rows]
        return np.stack(best, axis=1).reshape(len(y), *self.class_shape)

    @property
    def class_shape(self) -> Shape:
        """The shape of a frame's classes: () for one class."""
        several = self.head is not None and self.head.name != "Sigmoid" and len(self.head.rows) > 1
        return self.head.shape if self.head is not None and several else ()

    def _best(self, y: NDArray[np.int64], row: NDArray[np.int64]) -> NDArray[np.int64]:
        """Of each frame, the place in ``row`` of the greatest of its outputs."""
        with np.errstate(over="ignore", invalid="ignore"):
            scaled, offset = y * self._each(self.mul, y), self._each(self.add, y)
            real, magnitude = (scaled + offset)[:, row], (np.abs(scaled) + np.abs(offset))[:, row]
            least = real.max(axis=1, keepdims=True) - magnitude.max(axis=1, keepdims=True) * 2.0**-48
            near = ~(real < least)  # true also where a number is beyond float64
        result: NDArray[np.int64] = np.argmax(near, axis=1)
        for frame in np.nonzero(near.sum(axis=1) > 1)[0]:
            best = self._exact_class(y[frame], row[np.nonzero(near[frame])[0]])
            result[frame] = int(np.nonzero(row == best)[0][0])
        return result

    def _in_file(self, y: NDArray[np.int64]) -> NDArray[np.int64]:
        return y if self.order is None else y[:, self.order]

    @staticmethod
    def _each(values: ExactArray, y: NDArray[np.int64]) -> NDArray[np.float64]:
        """The parameter of each element, or the one of all."""
        floats = np.array([nearest_float(value) for value in values])
        return floats if len(values) == 1 else np.repeat(floats, y.shape[1] // len(values))

    def _exact_class(self, y: NDArray[np.int64], candidates: NDArray[np.int64]) -> int:
        def value(c: int) -> object:
            mul, add = (v[c * len(v) // len(y)] for v in (self.mul, self.add))
            return mul * int(y[c]) + add

        return int(max(candidates, key=lambda c: (value(c), -c)))


def nearest_float(value: Exact) -> float:
    """The nearest float64, or infinity."""
    try:
        return float(value)
    except OverflowError:
        return value.sign() * math.inf


@dataclass(frozen=True)
class Source:
    """Where a network comes from: the model file's ``name`` and ``contents``, and which ``output`` was asked
    for: "file" for what the file gives, "class" for the class index."""

    name: str
    contents: bytes
    output: str


@dataclass(frozen=True, eq=False)
class Network:
    """Integer layers in a row between the host's quantiser and the host's last step.

    ``input_shape`` is the shape of a frame with the channels last, as it streams; ``source`` is the model
    file, if there is one. ``file_shape`` is the shape of a frame in the file, where that is not
    ``input_shape`` with the channels first; ``transpositions`` is how its elements change places on the
    way, as in `bnngen.ir.moves.Reshape`. ``names`` is what the file says that its numbers stand for.
    """

    input_shape: Shape
    quantizer: Quantizer
    layers: tuple[NamedLayer, ...]
    host: Host
    source: Source | None = None
    file_shape: Shape | None = None
    transpositions: tuple[Transposition, ...] = ()
    names: Names = NO_NAMES

    @property
    def class_index(self) -> bool:
        """Whether the network ends in one class index rather than in scores, or in a map of them."""
        return self.layers[-1].op.gives_class and self.elements_out == 1

    @property
    def class_shape(self) -> Shape:
        """The shape of a frame's classes, in the file's order: () for one class."""
        if self.layers[-1].op.gives_class and self.elements_out > 1:
            return self.host.shape or (self.elements_out,)
        return self.host.class_shape

    @property
    def output_type(self) -> IntType:
        """The type of the integers that leave the accelerator."""
        return self.layers[-1].op.output_type

    @cached_property
    def model_shape(self) -> Shape:
        """The shape of a frame in the model file: channels first."""
        return self.file_shape or channels_first(self.input_shape)

    def streamed(self, x: NDArray[Any]) -> NDArray[Any]:
        """x (frames, *model_shape) as it streams: (frames, *input_shape)."""
        moved = Reshape(channels_first(self.input_shape), self.transpositions).file_order
        if moved is not None:
            x = x.reshape(len(x), -1)[:, moved]
        return np.moveaxis(x.reshape(len(x), *channels_first(self.input_shape)), 1, -1)

    @property
    def elements_in(self) -> int:
        """Elements of a frame of inputs."""
        return math.prod(self.input_shape)

    @property
    def elements_out(self) -> int:
        """Integers of a frame of outputs."""
        return math.prod(self.output_shape)

    @property
    def classes_out(self) -> int:
        """How many classes there are to choose from."""
        op = self.layers[-1].op
        if op.gives_class:
            return op.elements_in // op.elements_out
        head = self.host.head
        return head.rows.shape[1] if head is not None and self.class_shape else self.elements_out

    @cached_property
    def output_shape(self) -> Shape:
        """The shape of a frame of outputs, channels last."""
        return self.shapes[-1]

    @cached_property
    def sources(self) -> tuple[tuple[int, ...], ...]:
        """The numbers of the layers that each layer reads, or `NETWORK_INPUT`."""
        return tuple(
            (number - 1,) if layer.inputs is None else layer.inputs
            for number, layer in enumerate(self.layers)
        )

    @cached_property
    def shapes(self) -> tuple[Shape, ...]:
        """The shape of a frame of each layer's outputs, channels last."""
        shapes: list[Shape] = []
        for layer, read in zip(self.layers, self.sources, strict=True):
            inputs = [self.input_shape if k == NETWORK_INPUT else shapes[k] for k in read]
            views = layer.views or inputs
            assert list(map(math.prod, views)) == list(map(math.prod, inputs)), layer.name
            shapes.append(layer.op.output_shape(views))
        return tuple(shapes)

    @cached_property
    def _widest(self) -> int:
        """The elements of the largest tensor of a frame."""
        return max(self.elements_in, *map(math.prod, self.shapes))

    def run(
        self,
        codes: NDArray[np.integer],
        progress: Callable[[int, int], None] | None = None,
        batch: int | None = None,
        watch: Watch | None = None,
    ) -> NDArray[np.int64]:
        """The golden model: codes (frames, ...) in stream order to integers (frames, outputs), exactly.

        ``progress`` is told how many frames of how many are done; ``batch`` frames at a time, or as many as
        make the widest tensor reasonably large. ``watch`` is told what each layer makes of each batch.
        """
        batch = batch or max(1, BATCH_ELEMENTS // self._widest)
        outputs = np.empty((len(codes), self.elements_out), dtype=np.int64)
        for start in range(0, len(codes), batch):
            y = self._run_batch(codes[start : start + batch], watch)
            outputs[start : start + batch] = y.reshape(len(y), -1)
            if progress:
                progress(min(start + batch, len(codes)), len(codes))
        return outputs

    def _run_batch(self, codes: NDArray[Any], watch: Watch | None) -> NDArray[Any]:
        """All layers; a tensor is kept as long as somebody reads it."""
        last_reader = {k: number for number, read in enumerate(self.sources) for k in read}
        tensors = {NETWORK_INPUT: codes}
        for number, (layer, read) in enumerate(zip(self.layers, self.sources, strict=True)):
            inputs = [tensors[k] for k in read]
            if layer.views is not None:
                inputs = [x.reshape(len(x), *view) for x, view in zip(inputs, layer.views, strict=True)]
            tensors[number] = layer.op.compute(*inputs)
            if watch is not None:
                watch(number, tensors[number])
            for k in {k for k in read if last_reader[k] == number}:
                del tensors[k]
        return tensors[len(self.layers) - 1]

    def classes(self, y: NDArray[np.int64]) -> NDArray[np.int64]:
        """The class of each frame, (frames, *class_shape), from the accelerator's integers."""
        if self.layers[-1].op.gives_class:
            found = y if self.host.order is None else y[:, self.host.order]
            return found.reshape(len(y), *self.class_shape)
        return self.host.classes(y)

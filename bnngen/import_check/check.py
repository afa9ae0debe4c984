"""Compares the integer network with an evaluation of its file, frame by frame."""

from __future__ import annotations

import time
from collections.abc import Collection, Iterator
from dataclasses import asdict, dataclass
from fractions import Fraction
from typing import Any

import numpy as np
from numpy.typing import NDArray

from bnngen.base.errors import BnngenError, OneLineError
from bnngen.frontend.functions import inlined
from bnngen.frontend.importer import Importer
from bnngen.frontend.model_file import parse_model
from bnngen.import_check.evaluator import TREMOR, EvaluationError, FileEvaluator
from bnngen.numbers.exact import Exact
from bnngen.passes.lower import lower
from bnngen.reference.data_file import quantize
from bnngen.reference.network import Network, Source

SECONDS = 3.0
"""For about so long a file is evaluated, unless all frames are done earlier."""
AT_ONCE = 64
"""Frames that are evaluated together, where the file allows it."""
NOISE = 2.0**-36
"""Relative to the greatest number of a tensor: far above what double precision loses on the way there, and
far below the step of any integer."""

Floats = NDArray[np.float64]


class ImportMismatchError(OneLineError):
    """The golden model and an independent evaluation of the file differ."""

    exit_status = 1


@dataclass(frozen=True)
class ImportCheck:
    """What came out: ``frames`` were compared; ``undecided`` of them differ where a value lies so near a
    threshold that double precision can't decide; ``differing`` differ elsewhere, first at ``layer``."""

    frames: int
    differing: int = 0
    undecided: int = 0
    layer: str | None = None

    def to_dict(self) -> dict[str, Any]:
        """For reports."""
        return asdict(self)

    def __str__(self) -> str:
        text = f"{self.frames:,} frames evaluated from the file itself in double precision"
        if self.differing:
            return f"{text}: {self.differing:,} differ, first at layer '{self.layer}'"
        near = f", {self.undecided:,} too near a threshold to be decided there" if self.undecided else ""
        return f"{text}: no difference{near}"

    def require(self) -> None:
        """Raises ImportMismatchError if frames differ."""
        if self.differing:
            raise ImportMismatchError(
                f"layer '{self.layer}': the file, evaluated by itself, gives other results than the integers "
                f"made of it for {self.differing:,} of {self.frames:,} frames; please report this file"
            )


def check_import(
    network: Network, x: NDArray[Any], scale: float = 1.0, seconds: float = SECONDS
) -> ImportCheck:
    """``network`` against its own file on real inputs x (N, *model_shape) times ``scale``, as many as
    ``seconds`` allow.

    Raises EvaluationError if the file can't be evaluated, or the network comes from no file.
    """
    if network.source is None:
        raise EvaluationError("the network comes from no file with which it could be compared")
    comparison = _Comparison(network, network.source)
    done, suspects = 0, list[int]()
    for part in comparison.parts(x, seconds):
        suspects += [done + int(k) for k in np.nonzero(comparison.differs(part * scale))[0]]
        done += len(part)
    places = [comparison.parting(x[[frame]] * scale) for frame in suspects]
    wrong = [place for place in places if place is not None]
    if not wrong:
        return ImportCheck(done, undecided=len(suspects))
    return ImportCheck(done, len(wrong), len(suspects) - len(wrong), comparison.first(wrong))


class _Comparison:
    """One network and its file."""

    def __init__(self, network: Network, source: Source) -> None:
        self._network, self._source = network, source
        self._evaluator = FileEvaluator(parse_model(source.contents, source.name))
        self._beginnings: dict[str, Network | None] = {}

    def parts(self, x: NDArray[Any], seconds: float) -> Iterator[NDArray[Any]]:
        """The frames in portions that the file takes, until the time is up."""
        size, start, done = self._evaluator.batch or 1, time.monotonic(), 0
        while done < len(x) and (done == 0 or time.monotonic() - start < seconds):
            yield x[done : done + size]
            done += size
            if done == size == 1 and (time.monotonic() - start) * AT_ONCE < seconds and self._takes_many(x):
                size = AT_ONCE

    def _takes_many(self, x: NDArray[Any]) -> bool:
        """Whether the shapes in the file leave open how many frames there are."""
        many = np.repeat(x[:1], AT_ONCE, axis=0)
        try:
            self._evaluator.run(many, self._evaluator.output)
        except EvaluationError:
            return False
        return True

    def _evaluated(self, x: NDArray[Any], tensor: str) -> Floats:
        """A tensor of the file, (N, elements)."""
        (found,) = self._evaluator.run(self._filled(x), tensor)
        return np.atleast_1d(found)[: len(x)].reshape(len(x), -1)

    def _filled(self, x: NDArray[Any]) -> NDArray[Any]:
        """A batch of the file; one that is not full is filled up with its last frame."""
        missing = max(0, (self._evaluator.batch or 1) - len(x))
        return np.concatenate([x, np.repeat(x[-1:], missing, axis=0)])

    def differs(self, x: NDArray[Any]) -> NDArray[np.bool_]:
        """For each frame, whether its outputs differ by more than rounding."""
        found = self._evaluated(x, self._evaluator.output)
        y = self._network.run(quantize(x, self._network))
        if not self._network.class_index:
            real = self._network.host.real_outputs(y).reshape(len(x), -1)
            result: NDArray[np.bool_] = np.any(_apart(found, real, self._network), axis=1, keepdims=False)
            return result
        if found.shape[1] == 1:
            return np.not_equal(found[:, 0], y[:, 0], dtype=bool)
        return _margin(found, y[:, 0]) > 0  # the file ends in scores, and their argmax was asked for

    def parting(self, x: NDArray[Any]) -> str | None:
        """The tensor at which one frame parts from its file; None if double precision can't decide there."""
        if self._near_input(x):
            return None
        self._evaluated(x, self._evaluator.output)
        for tensor in self._evaluator.quantizers:
            beginning = self._beginning(tensor)
            if beginning is None:
                continue
            found, y = self._evaluated(x, tensor), beginning.run(quantize(x, beginning))
            wrong = _apart(found, beginning.host.real_outputs(y).reshape(1, -1), beginning)
            if wrong.any():
                near = self._evaluator.undecided(self._filled(x), tensor)[:1].reshape(1, -1)
                return None if near[wrong].all() else tensor
        return None if self._near_tie(x) else self._evaluator.output

    def _near_input(self, x: NDArray[Any]) -> bool:
        """Whether an input lies so near a threshold of the input's quantiser that rounding may decide its
        code in the file. On the threshold it may not: that is a number which doubles hold."""
        network, x = self._network, x.astype(np.float64)
        lower, upper = (quantize(x * (1 + tremor), network) for tremor in (-TREMOR, TREMOR))
        streamed = network.streamed(x)
        for place in np.argwhere(lower != upper).tolist():
            _, edges = network.quantizer.thresholds(place[-1])
            value = Exact.of(Fraction(float(streamed[tuple(place)])))
            if all(edge != value for edge, _ in edges):
                return True
        return False

    def _near_tie(self, x: NDArray[Any]) -> bool:
        """Whether a class index came of scores that double precision can't tell apart."""
        heads = [n for n in self._evaluator.model.graph.node if n.op_type in ("ArgMax", "TopK")]
        if not self._network.layers[-1].op.gives_class:
            return False
        scores = self._evaluated(x, heads[-1].input[0] if heads else self._evaluator.output)
        classes = self._network.classes(self._network.run(quantize(x, self._network))).reshape(-1)
        # a row of scores for each class, at each position; where their axis is another one, all may differ
        rows = scores.reshape(-1, len(classes)).T
        return bool((_margin(rows, classes) <= NOISE).all())

    def _beginning(self, tensor: str) -> Network | None:
        """The integer network up to a tensor of the file, where it can be made."""
        if tensor not in self._beginnings:
            model = inlined(parse_model(self._source.contents, self._source.name))
            del model.graph.output[:]
            model.graph.output.add().name = tensor
            try:
                self._beginnings[tensor] = lower(Importer(model).run())
            except BnngenError:
                self._beginnings[tensor] = None
        return self._beginnings[tensor]

    def first(self, tensors: Collection[str]) -> str:
        """The name of the node that makes the first of these tensors."""
        nodes = enumerate(self._evaluator.model.graph.node)
        made = ((node.name or f"{node.op_type}_{k}") for k, node in nodes if set(tensors) & set(node.output))
        return next(made, next(iter(tensors)))


def _apart(a: Floats, b: Floats, network: Network) -> NDArray[np.bool_]:
    """Elementwise, whether two tensors that ``network`` ends in differ by more than rounding. The step of
    an integer counts as large too: what is left where two numbers cancel out is rounding."""
    step = np.abs(network.host.mul.astype(np.float64)).max()
    largest = max(np.abs(a).max(initial=0.0), np.abs(b).max(initial=0.0), step)
    result: NDArray[np.bool_] = ~(np.abs(a - b) <= NOISE * largest)
    return result


def _margin(scores: Floats, classes: NDArray[np.int64]) -> Floats:
    """By how much the best score exceeds that of the class, as a part of the greatest."""
    chosen = scores[np.arange(len(classes)), classes]
    result: Floats = (scores.max(axis=1) - chosen) / (np.abs(scores).max(axis=1) + 1e-300)
    return result

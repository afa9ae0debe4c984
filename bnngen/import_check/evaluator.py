"""The file's own outputs, in double precision."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import onnx
from numpy.typing import NDArray
from onnx import numpy_helper
from onnx.reference import ReferenceEvaluator
from onnx.reference.op_run import OpRun

from bnngen.errors import BnngenError
from bnngen.import_check.double import in_double
from bnngen.import_check.operators import operators

Floats = NDArray[np.float64]


class EvaluationError(BnngenError):
    """The file can't be evaluated independently, so its import can't be checked."""


class FileEvaluator:
    """Evaluates a model as its file says, in double precision.

    ``quantizers``: the tensors that quantisers make, in the file's order; ``batch``: how many frames the file
    takes at once, None if it does not say.
    """

    def __init__(self, model: onnx.ModelProto) -> None:
        """Raises EvaluationError if onnx's evaluator can't take the model."""
        self._distances: dict[str, Floats] = {}
        self.model = in_double(model)
        graph = self.model.graph
        known = {tensor.name for tensor in graph.initializer}
        (source,) = (i for i in graph.input if i.name not in known)
        self._input, self.output = source.name, graph.output[0].name
        size = source.type.tensor_type.shape.dim[0].dim_value
        self.batch = size if size > 0 else None
        new_ops = operators(self._watch)
        try:
            _evaluate_constants(self.model, self._input, new_ops)
            self._evaluator = ReferenceEvaluator(self.model, new_ops=new_ops)
        except Exception as error:  # the evaluator's own errors have no common base
            raise _not_evaluated(error) from None

    def _watch(self, tensor: str, distances: Floats) -> None:
        self._distances[tensor] = distances

    @property
    def quantizers(self) -> list[str]:
        """The quantisers' tensors, once something has been evaluated."""
        return list(self._distances)

    def run(self, x: NDArray, names: Sequence[str]) -> list[Floats]:
        """The tensors ``names`` of the frames x (N, ...), each (N, ...); and remembers how far each element
        in front of a quantiser is from a change. Raises EvaluationError."""
        self._distances.clear()
        try:
            tensors: Any = self._evaluator.run(list(names), {self._input: x.astype(np.float64)})
        except Exception as error:  # the evaluator's own errors have no common base
            raise _not_evaluated(error) from None
        if any(len(np.atleast_1d(tensor)) != len(x) for tensor in tensors[:1]):
            raise _not_evaluated(ValueError(f"{len(x)} frames gave a tensor of shape {tensors[0].shape}"))
        return [np.asarray(tensor, np.float64) for tensor in tensors]

    def distances(self, tensor: str) -> Floats:
        """How far each element in front of this quantiser was from where its code changes, as a part of the
        greatest number there; in the last run."""
        return self._distances[tensor]


def _evaluate_constants(model: onnx.ModelProto, source: str, new_ops: list[type[OpRun]]) -> None:
    """Put the results of all nodes that don't depend on the input ``source`` in their place: quantisers of
    weights would be evaluated again with every frame."""
    graph, computed = model.graph, {source}
    known, left = list[onnx.NodeProto](), list[onnx.NodeProto]()
    for node in graph.node:
        depends = not computed.isdisjoint(node.input)
        computed.update(node.output if depends else ())
        (left if depends else known).append(node)
    made = {name for node in known for name in node.output if name}
    names = sorted(made & {name for node in left for name in node.input})
    if not names:
        return
    constants = onnx.ModelProto()
    constants.CopyFrom(model)
    for field, kept in ((constants.graph.node, known), (graph.node, left)):
        del field[:]
        field.extend(kept)
    del constants.graph.input[:], constants.graph.output[:]
    constants.graph.output.extend(onnx.ValueInfoProto(name=name) for name in names)
    arrays: Any = ReferenceEvaluator(constants, new_ops=new_ops).run(names, {})
    graph.initializer.extend(
        numpy_helper.from_array(np.asarray(array), name) for name, array in zip(names, arrays, strict=True)
    )


def _not_evaluated(error: Exception) -> EvaluationError:
    return EvaluationError(
        f"the file can't be evaluated by onnx's reference evaluator, so its import can't be checked: {error}"
    )

"""The file's own outputs, in double precision."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from typing import Any

import numpy as np
import onnx
from numpy.typing import NDArray
from onnx import TensorProto, numpy_helper
from onnx.reference import ReferenceEvaluator
from onnx.reference.op_run import OpRun

from bnngen.base.errors import OneLineError
from bnngen.import_check.double import in_double
from bnngen.import_check.operators import operators

TREMORS, TREMOR = 16, 2.0**-48
"""How often constants are shaken, and by how much: as much as the rounding of some dozen operations."""

Floats = NDArray[np.float64]


class EvaluationError(OneLineError):
    """The file can't be evaluated independently, so its import can't be checked."""


class FileEvaluator:
    """Evaluates a model as its file says, in double precision.

    ``output``: the name of what it computes; ``batch``: how many frames the file takes at once, None if it
    does not say.
    """

    def __init__(self, model: onnx.ModelProto) -> None:
        """Raises EvaluationError if onnx's evaluator can't take the model."""
        self._on_edge: dict[str, NDArray[np.bool_]] = {}
        self.model = in_double(model)
        graph = self.model.graph
        known = {tensor.name for tensor in graph.initializer}
        (source,) = (i for i in graph.input if i.name not in known)
        self._input, self.output = source.name, graph.output[0].name
        size = source.type.tensor_type.shape.dim[0].dim_value
        self.batch = size if size > 0 else None
        said = {entry.key: entry.value for entry in model.metadata_props}
        self._new_ops = operators(self._watch, said.get("bnngen.sign_of_zero", "zero"))
        try:
            _evaluate_constants(self.model, self._input, self._new_ops)
            self._evaluator = ReferenceEvaluator(self.model, new_ops=self._new_ops)
        except Exception as error:  # the evaluator's own errors have no common base
            raise _not_evaluated(error) from None

    def _watch(self, tensor: str, on_edge: NDArray[np.bool_]) -> None:
        self._on_edge[tensor] = on_edge

    @property
    def quantizers(self) -> list[str]:
        """The tensors that quantisers make, in the file's order; once something has been evaluated."""
        return list(self._on_edge)

    def run(self, x: NDArray[Any], *names: str) -> list[Floats]:
        """The tensors ``names`` of the frames x (N, ...), the first one (N, ...). Raises EvaluationError."""
        self._on_edge.clear()
        tensors = self._run(self._evaluator, {self._input: x.astype(np.float64)}, names)
        if len(np.atleast_1d(tensors[0])) != len(x):
            raise _not_evaluated(ValueError(f"{len(x)} frames gave a tensor of shape {tensors[0].shape}"))
        return tensors

    @staticmethod
    def _run(
        evaluator: ReferenceEvaluator, feeds: Mapping[str, NDArray[Any]], names: Sequence[str]
    ) -> list[Floats]:
        try:
            found: Any = evaluator.run(list(names), dict(feeds))
        except Exception as error:  # the evaluator's own errors have no common base
            raise _not_evaluated(error) from None
        return [np.asarray(tensor, np.float64) for tensor in found]

    def undecided(self, x: NDArray[Any], tensor: str) -> NDArray[np.bool_]:
        """Which elements that a quantiser makes of the frames x rounding may have decided: they change where
        the constants since the quantisers before it are shaken a little. What lies on a threshold with all
        bits is none of them."""
        rest, feeds = self._since_quantizers(tensor)
        before = [tensor, *feeds]
        values = dict(zip(before, self.run(x, *before), strict=True))
        on_edge, calm = self._on_edge[tensor].copy(), values.pop(tensor)
        changed, random = np.zeros(calm.shape, bool), np.random.default_rng(0)
        constants = list(rest.graph.initializer)
        for _ in range(TREMORS):
            del rest.graph.initializer[:]
            rest.graph.initializer.extend(_shaken(constant, random) for constant in constants)
            (shaken,) = self._run(ReferenceEvaluator(rest, new_ops=self._new_ops), values, [tensor])
            changed |= np.abs(shaken - calm) > np.abs(calm).max() * TREMOR * 2
        return changed & ~on_edge

    def _since_quantizers(self, tensor: str) -> tuple[onnx.ModelProto, list[str]]:
        """The part of the model that makes a quantiser's tensor of those of the quantisers before it, or of
        the input; and their names."""
        makers = {name: node for node in self.model.graph.node for name in node.output}
        constants = {constant.name for constant in self.model.graph.initializer}
        wanted, feeds, inside = list(makers[tensor].input), dict[str, None](), {tensor}
        while wanted:
            name = wanted.pop()
            if name in self._on_edge or name == self._input:
                feeds[name] = None
            elif name and name not in constants and name not in inside:
                inside.add(name)
                wanted += makers[name].input
        rest = onnx.ModelProto()
        rest.CopyFrom(self.model)
        nodes = [node for node in self.model.graph.node if inside.intersection(node.output)]
        _keep(rest.graph, nodes, feeds, [tensor])
        return rest, list(feeds)


def _shaken(constant: TensorProto, random: np.random.Generator) -> TensorProto:
    if constant.data_type != TensorProto.DOUBLE:
        return constant
    array = numpy_helper.to_array(constant)
    return numpy_helper.from_array(array * (1 + random.choice([-TREMOR, TREMOR], array.shape)), constant.name)


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
    _keep(constants.graph, known, [], names)
    arrays: Any = ReferenceEvaluator(constants, new_ops=new_ops).run(names, {})
    del graph.node[:]
    graph.node.extend(left)
    graph.initializer.extend(
        numpy_helper.from_array(np.asarray(array), name) for name, array in zip(names, arrays, strict=True)
    )


def _keep(
    graph: onnx.GraphProto,
    nodes: Collection[onnx.NodeProto],
    inputs: Collection[str],
    outputs: Collection[str],
) -> None:
    """Leave nothing but these in a graph, and its constants."""
    for field in (graph.node, graph.input, graph.output):
        del field[:]
    graph.node.extend(nodes)
    graph.input.extend(onnx.ValueInfoProto(name=name) for name in inputs)
    graph.output.extend(onnx.ValueInfoProto(name=name) for name in outputs)


def _not_evaluated(error: Exception) -> EvaluationError:
    return EvaluationError(
        f"the file can't be evaluated by onnx's reference evaluator, so its import can't be checked: {error}"
    )

"""Affine -> {A, B}   =>   Affine -> A, Affine -> B   (Clip, Reshape and the like likewise)

What is no integer yet must meet the quantiser or the sum behind it, so each branch gets its own. A Clip that
belongs to the quantiser in front of it stays one.
"""

from __future__ import annotations

from dataclasses import replace

from bnngen.ir.elementwise import Affine
from bnngen.ir.graph import Graph, Node
from bnngen.ir.monotone import Monotone
from bnngen.ir.moves import Reshape
from bnngen.ir.rounding import Rounding
from bnngen.passes.clip_behind_step import joins_quantizer


def one_reader_each(graph: Graph, node: Node) -> Graph | None:
    """The rewrite above, at ``node``."""
    readers = graph.consumers(node.name)
    if not isinstance(node.op, Affine | Monotone | Rounding | Reshape):
        return None
    if len(readers) + (graph.output == node.name) < 2 or joins_quantizer(graph, node):
        return None
    reader = readers[-1]
    copy = replace(node, name=graph.free_name(f"{node.name}_copy"))
    fed = replace(reader, inputs=tuple(copy.name if i == node.name else i for i in reader.inputs))
    return graph.replaced({node.name: [node, copy], reader.name: [fed]})

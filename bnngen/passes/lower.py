"""All rewrites together: from the quantised graph to the integer network."""

from __future__ import annotations

from collections.abc import Sequence

from bnngen.ir.graph import Graph
from bnngen.passes.affine_behind_move import affine_behind_concat, affine_behind_move
from bnngen.passes.affine_into_step import affine_into_step
from bnngen.passes.affine_through_product import affine_through_product
from bnngen.passes.affine_through_sum import affine_through_sum
from bnngen.passes.binary_to_bipolar import binary_to_bipolar
from bnngen.passes.clip_behind_step import clip_behind_step
from bnngen.passes.drop_before_argmax import drop_affine_before_argmax, drop_softmax_before_argmax
from bnngen.passes.falling_to_negated import falling_to_negated
from bnngen.passes.integerize import integerize
from bnngen.passes.max_pool import (
    max_pool_before_affine,
    max_pool_behind_monotone,
    max_pool_behind_step,
    max_pool_of_constants,
)
from bnngen.passes.merge_affines import merge_affines
from bnngen.passes.merge_steps import merge_steps
from bnngen.passes.merge_twins import merge_twins
from bnngen.passes.monotone_into_step import monotone_into_step
from bnngen.passes.one_reader_each import one_reader_each
from bnngen.passes.padding import pad_behind_step, pad_into_convolution
from bnngen.passes.refused import refused
from bnngen.passes.reshape import (
    flatten_behind_concat,
    flatten_into_linear,
    merge_reshapes,
    reshape_into_argmax,
    reshape_of_input,
)
from bnngen.passes.rewrite import Rule, refusals, rewrite, verify
from bnngen.passes.rounding_into_step import rounding_into_step
from bnngen.passes.scores_in_order import scores_in_order
from bnngen.passes.slice_before_concat import slice_before_concat
from bnngen.passes.step_before_move import step_before_move
from bnngen.passes.strict_input import strict_input
from bnngen.reference.network import Network

RULES: tuple[Rule, ...] = (
    refused,
    merge_reshapes,
    flatten_behind_concat,
    flatten_into_linear,
    reshape_into_argmax,
    reshape_of_input,
    drop_softmax_before_argmax,
    one_reader_each,
    merge_affines,
    pad_into_convolution,
    pad_behind_step,
    max_pool_before_affine,
    slice_before_concat,
    affine_behind_move,
    affine_behind_concat,
    affine_through_product,
    affine_through_sum,
    affine_into_step,
    max_pool_behind_monotone,
    rounding_into_step,
    clip_behind_step,
    monotone_into_step,
    max_pool_behind_step,
    max_pool_of_constants,
    step_before_move,
    merge_steps,
    merge_twins,
    binary_to_bipolar,
    strict_input,
    falling_to_negated,
    drop_affine_before_argmax,
)
"""Every rewrite. Their order decides the speed of lowering, not its result."""


def lower(graph: Graph, rules: Sequence[Rule] = RULES) -> Network:
    """The integer network that computes exactly what ``graph`` means.

    Raises ModelError naming the layer that can't be made of integers, and why.
    """
    verify(graph)
    graph = rewrite(graph, rules)
    blocked = refusals(graph, rules)
    if blocked:
        raise blocked[0].error()
    return integerize(scores_in_order(graph))

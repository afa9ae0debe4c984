"""Uses of operators that are refused though others are read: why, and what to do instead."""

from __future__ import annotations

from dataclasses import dataclass

from bnngen.frontend.remedies import LOOKUP, Remedy


@dataclass(frozen=True)
class Case(Remedy):
    """``when``: words of the reason for which the operator is refused."""

    when: str = ""


_FACTORS = "what is multiplied changes with the frame, and hardware here has constant weights"
_PRODUCT = Case(
    _FACTORS,
    "train without squeeze-and-excite, gates and attention, or put a Conv in their place",
    when="of two computed tensors",
)
_WEIGHTS = Case(
    _FACTORS,
    "train without attention; weights that are computed of constants alone must reach this node as constants",
    when="takes a constant as its weights",
)
CASES: dict[str, tuple[Case, ...]] = {
    "Mul": (_PRODUCT,),
    "Div": (_PRODUCT,),
    "MatMul": (_WEIGHTS,),
    "Gemm": (_WEIGHTS,),
    "Conv": (_WEIGHTS,),
    "Gather": (Case(LOOKUP.because, LOOKUP.instead, when="takes a constant as its indices"),),
    "Resize": (
        Case(
            "it makes numbers between those of the map",
            "use torch.nn.Upsample(scale_factor=2, mode='nearest') or ConvTranspose2d",
            when="in mode",
        ),
    ),
    "Softmax": (
        Case(
            "it divides by a sum of its frame, so that no threshold is the same for two frames",
            "keep it at the end behind the last quantiser, where the host computes it (nodes_to_exclude of "
            "quantize_static leaves it there, --cut-at cuts it off); inside use ReLU in its place",
            when="works on real numbers here",
        ),
    ),
}
"""By operator."""


def case_of(operator: str, problem: str) -> Case | None:
    """The remedy for a ``problem`` with an operator that is read otherwise; None where there is none."""
    return next((case for case in CASES.get(operator, ()) if case.when in problem), None)

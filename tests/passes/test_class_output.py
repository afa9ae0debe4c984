"""An argmax on demand: it gives the class that the scores give."""

from __future__ import annotations

from fractions import Fraction
from typing import Any

import numpy as np
import pytest
from support.rewrites import chain

from bnngen.base.errors import ModelError
from bnngen.ir.elementwise import Affine
from bnngen.ir.layers import Linear
from bnngen.ir.step import Bound, Step
from bnngen.numbers.datatypes import BIPOLAR
from bnngen.numbers.exact import Exact, exact_array
from bnngen.ops.argmax import ClassIndex
from bnngen.passes.class_output import with_class_output
from bnngen.passes.integerize import integerize
from bnngen.reference.network import Network

SIGN = Step(((Bound(Exact(), strict=False),),), (False,), BIPOLAR)
WEIGHTS = np.array([[1, -1, 1], [1, 1, -1], [-1, 1, 1], [1, 1, -1]])


def scores(mul: Any, add: Any) -> Network:
    return integerize(chain((3,), SIGN, Linear(WEIGHTS), Affine(exact_array(mul), exact_array(add))))


@pytest.mark.parametrize("mul", [1, Fraction(1, 3), -2, [1, 2, 1, 3], [-1, 2, Fraction(1, 2), 1]])
@pytest.mark.parametrize("add", [0, 5, [0, Fraction(1, 3), -1, 0], [0, Fraction(7, 2), 0, 0]])
def test_the_class_of_the_scores(mul: Any, add: Any) -> None:
    network = scores(mul, add)
    with_class = with_class_output(network)
    assert with_class.class_index
    codes = np.array(np.meshgrid(*[[-1, 1]] * 3)).reshape(3, -1).T
    wanted = network.classes(network.run(codes))
    assert with_class.classes(with_class.run(codes)).tolist() == wanted.tolist()
    assert with_class_output(with_class) is with_class
    head = with_class.layers[-1].op
    assert isinstance(head, ClassIndex)
    assert bool(head.offsets) == isinstance(add, list)


def test_scales_without_a_common_unit_are_refused() -> None:
    with pytest.raises(
        ModelError, match=r"^layer 'n1': gives each class its own scale in front of an argmax"
    ):
        with_class_output(scores([1, Exact.of(2).sqrt(), 1, 1], 0))
    with pytest.raises(
        ModelError, match=r"^layer 'n1': gives each class its own scale in front of an argmax"
    ):
        with_class_output(scores([0, 0, 0, 0], 0))

"""Windows: sizes, and what makes no sense."""

from typing import Any

import pytest

from bnngen.ir.window import Window


def test_outputs() -> None:
    assert Window.plain((2, 2), (2, 2)).outputs((5, 4)) == (2, 2)
    assert Window((3, 3), (2, 1), (1, 2), (1, 0), (1, 1)).outputs((5, 6)) == (3, 3)
    assert Window.plain((3,)).reach == (3,)
    assert Window((3,), (1,), (4,), (0,), (0,)).reach == (9,)


def test_in_words() -> None:
    assert str(Window.plain((3, 3))) == "3x3"
    assert str(Window((3, 1), (2, 1), (1, 2), (1, 0), (0, 0))) == "3x1 stride 2x1 dilation 1x2 padding 1x0"


@pytest.mark.parametrize(
    ("numbers", "message"),
    [
        (((2,), (1, 1), (1,), (0,), (0,)), "has a window over 1, 2, 1, 1, 1 axes"),
        (((2, 2, 2), (1,) * 3, (1,) * 3, (0,) * 3, (0,) * 3), "has a window over 3, 3, 3, 3, 3 axes"),
        (((0,), (1,), (1,), (0,), (0,)), r"has kernel \(0,\), strides \(1,\) and dilations \(1,\)"),
        (((2,), (1,), (1,), (-1,), (0,)), r"has padding \(-1,\) and \(0,\)"),
    ],
)
def test_what_makes_no_sense(numbers: tuple[Any, ...], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        Window(*numbers)


def test_a_window_that_does_not_fit() -> None:
    with pytest.raises(ValueError, match=r"has a window of \(3,\) positions, which the map of \(2,\)"):
        Window.plain((3,)).outputs((2,))
    with pytest.raises(ValueError, match=r"takes maps of 1 axes, not of shape \(2, 2\)"):
        Window.plain((3,)).outputs((2, 2))

"""The sizes of students, and the largest that fits."""

from __future__ import annotations

from pathlib import Path

import pytest

from bnngen.compress.sizes import HALVINGS, STEP, Profile, largest
from bnngen.train.recipe import load_recipe


@pytest.mark.parametrize("limit", [0.9, 0.5, 0.3, 2**-HALVINGS])
def test_the_largest_scale_that_fits(limit: float) -> None:
    found = largest(lambda scale: scale if scale <= limit else None)
    assert found is not None
    assert found[0] == found[1]
    assert limit - 2**-HALVINGS < found[0] <= limit


def test_a_larger_scale_may_fit_where_some_below_it_do_not() -> None:
    found = largest(lambda scale: scale if scale <= 0.3 or 0.6 <= scale <= 0.72 else None)
    assert found is not None
    assert 0.6 <= found[0] <= 0.72


def test_all_or_nothing() -> None:
    asked: list[float] = []

    def fits(scale: float) -> str:
        asked.append(scale)
        return "fits"

    assert largest(fits) == (1.0, "fits")
    assert asked == [1.0]
    assert largest(lambda scale: None) is None


@pytest.mark.train
def test_a_student_keeps_the_proportions(recipe_path: Path) -> None:
    recipe = load_recipe(recipe_path)
    student = Profile((0.5, 1.0), (), 2).student(recipe, 0.5, epochs=7)
    assert (student.model.widths, student.model.act_bits, student.train.epochs) == ((64, 64), 2, 7)
    assert Profile((0.5, 1.0), (), 1).student(recipe, 0.001, 7).model.widths == (STEP, STEP)
    assert (recipe.model.widths, recipe.train.epochs) == ((256, 128), 3)

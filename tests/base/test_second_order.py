"""The Hessian of a layer's error, and the factor of its inverse."""

from __future__ import annotations

import numpy as np

from bnngen.base.second_order import DAMPING, hessian, inverse_factor, without

random = np.random.default_rng(0)


def test_the_error_of_a_row_is_its_quadratic_form() -> None:
    x, row = random.normal(size=(50, 6)), random.normal(size=6)
    form = hessian(x)
    undamped = form - DAMPING * np.square(x).mean() * np.eye(6)
    np.testing.assert_allclose(row @ undamped @ row, np.square(x @ row).mean())


def test_nothing_read_at_all() -> None:
    np.testing.assert_array_equal(hessian(np.zeros((4, 3))), np.eye(3))


def test_the_factor_holds_the_inverse_of_what_is_left() -> None:
    """Row k of the factor is that of the inverse of the entries from k on: what is settled has gone."""
    form = hessian(random.normal(size=(40, 7)))
    factor = inverse_factor(form)
    np.testing.assert_allclose(factor.T @ factor, np.linalg.inv(form))
    assert not np.tril(factor, -1).any()
    for k in range(7):
        left = np.linalg.inv(form[k:, k:])
        np.testing.assert_allclose(factor[k, k:] / factor[k, k], left[0] / left[0, 0])
        np.testing.assert_allclose(factor[k, k] ** 2, left[0, 0])


def test_the_weights_that_are_left_make_up_for_the_others() -> None:
    """One by one it is the formula of Hassibi and Stork; together it is the least squares of what is left."""
    x, rows = random.normal(size=(30, 6)) @ random.normal(size=(6, 6)), random.normal(size=(4, 6))
    form, gone = hessian(x), np.arange(6) == 2
    inverse = np.linalg.inv(form)
    wanted = rows - rows[:, 2:3] * inverse[2] / inverse[2, 2]
    np.testing.assert_allclose(without(rows, gone, form), wanted, atol=1e-9)
    several = np.isin(np.arange(6), (1, 2, 5))
    damping = np.sqrt((form - x.T @ x / len(x))[0, 0] * len(x)) * np.eye(6)
    readings = np.concatenate([x, damping])
    least = np.linalg.lstsq(readings[:, ~several], readings @ rows.T, rcond=None)[0].T
    found = without(rows, several, form)
    np.testing.assert_allclose(found[:, ~several], least, atol=1e-6)
    assert not found[:, several].any()


def test_all_gone_or_none() -> None:
    rows, form = random.normal(size=(2, 3)), hessian(random.normal(size=(9, 3)))
    np.testing.assert_array_equal(without(rows, np.zeros(3, bool), form), rows)
    np.testing.assert_array_equal(without(rows, np.ones(3, bool), form), 0 * rows)

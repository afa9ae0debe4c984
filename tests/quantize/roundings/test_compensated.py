"""Rounding with compensation, against what it is derived from."""

from __future__ import annotations

from itertools import product
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from bnngen.base.second_order import hessian
from bnngen.quantize.grid import symmetric
from bnngen.quantize.ranges import Options, mse
from bnngen.quantize.roundings import compensated

random = np.random.default_rng(0)


@pytest.fixture
def one_share(monkeypatch: pytest.MonkeyPatch) -> None:
    """Limits stay those of the range rule."""
    monkeypatch.setattr(compensated, "SHARES", (1.0,))


def correlated(readings: int, inputs: int) -> NDArray[Any]:
    """Inputs (1, readings, inputs) of which each has something of all."""
    result: NDArray[Any] = random.normal(size=(readings, inputs)) @ random.normal(size=(inputs, inputs))
    return result[None]


def cost(rows: NDArray[Any], rounded: NDArray[Any], form: NDArray[Any]) -> NDArray[Any]:
    """The error of each row, as its quadratic form has it."""
    change = rounded - rows
    result: NDArray[Any] = np.einsum("ri,ij,rj->r", change, form, change)
    return result


@pytest.mark.parametrize("inputs", [24, 150])  # within a block, and over three
@pytest.mark.parametrize("bits", [2, 3, 4])
def test_the_error_is_smaller(bits: int, inputs: int) -> None:
    rows, x = random.normal(size=(40, inputs)), correlated(500, inputs)
    limits = mse.weight(rows, Options(bits))
    found, chosen = compensated.on_grid(rows, limits, bits, x)
    assert np.array_equal(symmetric(chosen[:, None], bits).round(found), found.astype(np.float32))
    nearest = symmetric(limits[:, None], bits).round(rows)
    by_itself, together = (cost(rows, r, hessian(x[0])) for r in (nearest, found))
    assert together.mean() < 0.6 * by_itself.mean()
    compared = cost(rows, compensated.on_grid(rows, limits, bits, x)[0], hessian(x[0]))
    assert (together <= compared + 1e-9).all()


@pytest.mark.usefixtures("one_share")
def test_blocks_change_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    rows, x, limits = random.normal(size=(5, 20)), correlated(90, 20), np.full(5, 1.5)
    whole, _ = compensated.on_grid(rows, limits, 3, x)
    monkeypatch.setattr(compensated, "BLOCK", 3)
    np.testing.assert_allclose(compensated.on_grid(rows, limits, 3, x)[0], whole, atol=1e-6)


@pytest.mark.usefixtures("one_share")
def test_between_the_best_there_is_and_the_nearest() -> None:
    rows, x = random.normal(size=(30, 5)), correlated(200, 5)
    form, limits = hessian(x[0]), np.array([1.5])
    every = np.array(list(product((-1.5, 0, 1.5), repeat=5)))
    best = np.array([cost(row[None].repeat(len(every), 0), every, form).min() for row in rows])
    found = cost(rows, compensated.on_grid(rows, limits, 2, x)[0], form)
    assert (found >= best - 1e-9).all()
    assert found.mean() < (best.mean() + cost(rows, symmetric(1.5, 2).round(rows), form).mean()) / 2


def test_each_row_has_the_limit_that_suits_it_best(monkeypatch: pytest.MonkeyPatch) -> None:
    rows, x, limits = random.normal(size=(20, 12)), correlated(100, 12), np.full(20, 2.0)
    form, shares = hessian(x[0]), compensated.SHARES
    found, chosen = compensated.on_grid(rows, limits, 2, x)
    together, shared = compensated.on_grid(rows, limits[:1], 2, x)
    errors = []
    for share in shares:
        monkeypatch.setattr(compensated, "SHARES", (share,))
        errors.append(cost(rows, compensated.on_grid(rows, limits, 2, x)[0], form))
    np.testing.assert_allclose(cost(rows, found, form), np.min(errors, 0))
    assert [2 * shares[k] for k in np.argmin(errors, 0)] == chosen.tolist()
    np.testing.assert_allclose(cost(rows, together, form).sum(), np.sum(errors, 1).min())
    assert shared.tolist() == [2 * shares[np.sum(errors, 1).argmin()]]


@pytest.mark.usefixtures("one_share")
def test_the_rest_makes_up_for_what_is_rounded(monkeypatch: pytest.MonkeyPatch) -> None:
    """With one value for the first input and a grid so fine that it rounds nothing for the others, these are
    the minimum of the quadratic form."""
    x = correlated(300, 6)[0]
    x = x[:, np.argsort(-np.square(x).sum(0))]  # the first input is the first one to be rounded
    rows, form = random.normal(size=(8, 6)), hessian(x)

    class Once:
        first = True

        def round(self, values: NDArray[Any]) -> NDArray[Any]:
            first, self.first = self.first, False
            return np.ones_like(values) if first else values

    monkeypatch.setattr(compensated, "symmetric", lambda limits, bits: Once())
    found, _ = compensated.on_grid(rows, np.ones(8), 2, x[None])
    change = found[:, :1] - rows[:, :1]
    wanted = rows[:, 1:] - change * np.linalg.solve(form[1:, 1:], form[1:, :1]).T
    np.testing.assert_allclose(found[:, 1:], wanted, atol=1e-9)


@pytest.mark.usefixtures("one_share")
def test_independent_inputs_are_rounded_by_themselves() -> None:
    rows, x = random.normal(size=(6, 8)), np.diag(random.uniform(1, 2, 8))[None]
    found, limits = compensated.on_grid(rows, np.full(6, 2.0), 3, x)
    np.testing.assert_allclose(found, symmetric(2.0, 3).round(rows), atol=1e-6)
    assert (limits == 2).all()


def test_groups_read_their_own() -> None:
    rows, x = random.normal(size=(6, 8)), np.concatenate([correlated(50, 8) for _ in range(3)])
    rough = x + random.normal(size=x.shape)
    limits = np.full(6, 1.5)
    fitted = compensated.fit(rows, x, rough)
    found, chosen = compensated.on_grid(fitted, limits, 3, rough)
    for group in range(3):
        part, own = slice(2 * group, 2 * group + 2), slice(group, group + 1)
        np.testing.assert_allclose(fitted[part], compensated.fit(rows[part], x[own], rough[own]))
        alone, its = compensated.on_grid(fitted[part], limits[part], 3, rough[own])
        np.testing.assert_allclose(found[part], alone)
        np.testing.assert_allclose(chosen[part], its)


def test_weights_are_fitted_to_what_is_read() -> None:
    rows, exact = random.normal(size=(6, 8)), correlated(400, 8)
    rough = exact + random.normal(size=exact.shape)
    found = compensated.fit(rows, exact, rough)
    wanted = rows @ exact[0].T
    errors = [np.square(w @ rough[0].T - wanted).mean() for w in (found, rows)]
    least = np.linalg.lstsq(rough[0], wanted.T, rcond=None)[0].T
    assert np.square(least @ rough[0].T - wanted).mean() <= errors[0] < 0.9 * errors[1]
    np.testing.assert_allclose(found, least, atol=0.2)
    np.testing.assert_allclose(compensated.fit(rows, exact, exact), rows)


@pytest.mark.usefixtures("one_share")
def test_inputs_that_never_change() -> None:
    rows, x, limits = random.normal(size=(3, 4)), correlated(50, 4), np.full(3, 2.0)
    x[..., 2] = 0
    assert np.isfinite(compensated.on_grid(rows, limits, 3, x)[0]).all()
    found, _ = compensated.on_grid(rows, limits, 3, 0 * x)
    np.testing.assert_allclose(found, symmetric(2.0, 3).round(rows), atol=1e-6)

"""Random changes of images: what stays, what may come in, and that the seed decides."""

from __future__ import annotations

from typing import Any

import pytest
import torch

from bnngen.train.augment import make_augment
from bnngen.train.recipe import Augmentation

pytestmark = pytest.mark.train

X = torch.arange(1.0, 1 + 50 * 2 * 5 * 6).reshape(50, 2, 5, 6)


def changed(x: torch.Tensor = X, fill: float = 0.0, seed: int = 0, **table: Any) -> torch.Tensor:
    augment = make_augment(Augmentation(**table), (2, 5, 6), fill, 10.0)
    return augment(x, torch.Generator().manual_seed(seed))


def test_shifts_move_whole_images() -> None:
    seen = set()
    for before, after in zip(X, changed(shift=1, fill=-7.0), strict=True):
        padded = torch.nn.functional.pad(before, [1] * 4, value=-7.0)
        places = [
            (r, c) for r in range(3) for c in range(3) if torch.equal(padded[:, r : r + 5, c : c + 6], after)
        ]
        assert len(places) == 1
        seen.update(places)
    assert len(seen) == 9


@pytest.mark.parametrize(("image", "axis"), [((2, 5, 6), 2), ((10, 1, 6), 3)])
def test_time_shifts_repeat_the_ends(image: tuple[int, int, int], axis: int) -> None:
    maps = X.reshape(50, *image)
    augment = make_augment(Augmentation(time_shift=2), image, 0.0, 10.0)
    steps = torch.arange(maps.shape[axis])
    seen = set()
    for before, after in zip(maps, augment(maps, torch.Generator().manual_seed(0)), strict=True):
        moved = [before.index_select(axis - 1, (steps + k).clamp(0, len(steps) - 1)) for k in range(-2, 3)]
        seen.add(next(k for k, m in enumerate(moved) if torch.equal(m, after)))
    assert len(seen) == 5


def test_flips_mirror_about_half() -> None:
    after = changed(flip=True)
    mirrored = [torch.equal(a, b.flip(2)) for a, b in zip(after, X, strict=True)]
    same = [torch.equal(a, b) for a, b in zip(after, X, strict=True)]
    assert all(m != s for m, s in zip(mirrored, same, strict=True))
    assert 10 < sum(mirrored) < 40


def test_noise_has_the_asked_size() -> None:
    assert 0.9 < float((changed(noise=0.1) - X).std()) < 1.1


def test_turns_and_zooms_keep_the_middle() -> None:
    flat = torch.full((8, 2, 5, 6), 3.0)
    after = changed(flat, turn=20.0, zoom=0.2)
    torch.testing.assert_close(after[:, :, 2, 2:4], flat[:, :, 2, 2:4])
    assert not torch.equal(after, flat)


def test_flat_images_stay_flat_and_the_seed_decides() -> None:
    table: dict[str, Any] = {"shift": 1, "flip": True, "noise": 0.1}
    assert torch.equal(changed(X.flatten(1), **table), changed(**table).flatten(1))
    assert not torch.equal(changed(**table), changed(seed=1, **table))

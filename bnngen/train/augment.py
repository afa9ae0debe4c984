"""Random changes of the training images, one for each image."""

from __future__ import annotations

import math
from collections.abc import Callable

import torch
from torch import Tensor, nn

from bnngen.train.recipe import Augmentation

Augment = Callable[[Tensor, torch.Generator], Tensor]


def make_augment(table: Augmentation, image: tuple[int, int, int], fill: float, span: float) -> Augment:
    """What changes a batch of images, given flat or as (N, C, H, W); ``fill`` comes in from outside, ``span``
    is the range of the data."""

    def augment(x: Tensor, generator: torch.Generator) -> Tensor:
        maps = x.reshape(len(x), *image) - fill
        if table.warps:
            maps = _warped(maps, table, generator)
        if table.flip:
            mirrored = torch.rand(len(maps), 1, 1, 1, generator=generator) < 0.5
            maps = torch.where(mirrored, maps.flip(3), maps)
        if table.shift:
            maps = _shifted(maps, table.shift, generator)
        if table.noise:
            maps = maps + span * table.noise * torch.randn(maps.shape, generator=generator)
        return (maps + fill).reshape(x.shape)

    return augment


def _shifted(maps: Tensor, most: int, generator: torch.Generator) -> Tensor:
    """Each image moved by -``most`` to ``most`` whole pixels along both axes."""
    count, _, height, width = maps.shape
    padded = nn.functional.pad(maps, [most] * 4)
    down, right = torch.randint(0, 2 * most + 1, (2, count, 1), generator=generator)
    rows, columns = torch.arange(height) + down, torch.arange(width) + right
    number = torch.arange(count)[:, None, None]
    return padded.transpose(1, 3)[number, columns[:, :, None], rows[:, None, :]].transpose(1, 3)


def _warped(maps: Tensor, table: Augmentation, generator: torch.Generator) -> Tensor:
    """Each image turned and zoomed around its middle."""
    turn, zoom = 2 * torch.rand(2, len(maps), generator=generator) - 1
    angle, factor = math.radians(table.turn) * turn, 1 + table.zoom * zoom
    cosine, sine, zero = factor * angle.cos(), factor * angle.sin(), torch.zeros(len(maps))
    rows = torch.stack([cosine, -sine, zero, sine, cosine, zero], dim=1).view(-1, 2, 3)
    grid = nn.functional.affine_grid(rows, list(maps.shape), align_corners=False)
    return nn.functional.grid_sample(maps, grid, align_corners=False)

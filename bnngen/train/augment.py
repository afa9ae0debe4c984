"""Random changes of the training images, one for each image."""

from __future__ import annotations

import math
from collections.abc import Callable

import torch
from torch import Tensor, nn

from bnngen.train.recipe import Augmentation

Augment = Callable[[Tensor, torch.Generator], Tensor]


def make_augment(table: Augmentation, image: tuple[int, int, int], fill: float, span: float) -> Augment:
    """What changes a batch of images of the shape ``image`` (C, H, W), given flat or not.

    ``fill`` comes in from outside, ``span`` is the range of the data. Time goes from row to row or, where
    there is one row, from column to column.
    """

    def augment(x: Tensor, generator: torch.Generator) -> Tensor:
        maps = x.reshape(len(x), *image) - fill
        if table.warps:
            maps = _warped(maps, table, generator)
        if table.flip:
            mirrored = torch.rand(len(maps), 1, 1, 1, generator=generator).to(maps.device) < 0.5
            maps = torch.where(mirrored, maps.flip(3), maps)
        if table.shift:
            maps = _shifted(nn.functional.pad(maps, [table.shift] * 4), table.shift, table.shift, generator)
        if table.time_shift:
            rows, columns = (0, table.time_shift) if image[1] == 1 else (table.time_shift, 0)
            padded = nn.functional.pad(maps, [columns, columns, rows, rows], mode="replicate")
            maps = _shifted(padded, rows, columns, generator)
        if table.noise:
            maps = maps + span * table.noise * torch.randn(maps.shape, generator=generator).to(maps.device)
        return (maps + fill).reshape(x.shape)

    return augment


def _shifted(padded: Tensor, rows: int, columns: int, generator: torch.Generator) -> Tensor:
    """A random window of each image, which is so many ``rows`` and ``columns`` larger on every side."""
    count, _, height, width = padded.shape
    tops = torch.randint(0, 2 * rows + 1, (count, 1), generator=generator)
    lefts = torch.randint(0, 2 * columns + 1, (count, 1), generator=generator)
    number = torch.arange(count)[:, None, None]
    down, right = torch.arange(height - 2 * rows) + tops, torch.arange(width - 2 * columns) + lefts
    return padded.transpose(1, 3)[number, right[:, :, None], down[:, None, :]].transpose(1, 3)


def _warped(maps: Tensor, table: Augmentation, generator: torch.Generator) -> Tensor:
    """Each image turned and zoomed around its middle."""
    turn, zoom = 2 * torch.rand(2, len(maps), generator=generator) - 1
    angle, factor = math.radians(table.turn) * turn, 1 + table.zoom * zoom
    cosine, sine, zero = factor * angle.cos(), factor * angle.sin(), torch.zeros(len(maps))
    rows = torch.stack([cosine, -sine, zero, sine, cosine, zero], dim=1).view(-1, 2, 3)
    grid = nn.functional.affine_grid(rows.to(maps.device), list(maps.shape), align_corners=False)
    return nn.functional.grid_sample(maps, grid, align_corners=False)

"""Optimal Brain Surgeon: Hassibi and Stork, NIPS 1992, layer by layer on calibration samples as in Frantar
and Alistarh, "Optimal Brain Compression", NeurIPS 2022: what stays makes up for what goes.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from bnngen.base.second_order import hessian, without
from bnngen.train.feed import Batch
from bnngen.train.prune.chain import links, products
from bnngen.train.prune.removal import Outputs, Removal, Zeros
from bnngen.train.prune.scores import Score
from bnngen.train.trainee import Trainee
from bnngen.train.windows import MOST_READINGS, read_by

Form = list[NDArray[np.float64]]
"""The Hessian of each group of a product's outputs."""


class Surgeon(Score):
    """How much the squared error of a layer's products grows when a weight, or an input, becomes 0 and the
    others are changed as suits best. Of quantised weights the latent ones count."""

    def __init__(self, network: Trainee, batches: Sequence[Batch]) -> None:
        super().__init__(network, batches)
        self._forms = self._measure()

    def weights(self) -> list[Tensor]:
        """Half the square of each weight over its entry in the inverse Hessian's diagonal."""
        scores = []
        for layer, forms in self._forms.items():
            diagonals = [np.diag(np.linalg.inv(form)) for form in forms]
            rows = np.repeat(diagonals, len(layer.weight) // len(forms), axis=0)
            divisor = torch.from_numpy(rows).to(layer.weight).view_as(layer.weight)
            scores.append(0.5 * layer.weight.detach().square() / divisor)
        return scores

    def outputs(self) -> list[Tensor]:
        """The same for all weights together that read an output."""
        scores = []
        for link in links(self.network.body):
            (form,), rows = self._forms[link.reader], _rows(link.reader)
            inverse = np.linalg.inv(form)
            parts = np.arange(len(form)).reshape(link.outputs, -1)
            found = [self._together(rows[:, part], inverse[np.ix_(part, part)]) for part in parts]
            scores.append(torch.tensor(found).to(link.reader.weight))
        return scores

    def settle(self, removal: Removal) -> None:
        """Change the weights that stay, in place, so that they make up for those that go."""
        if isinstance(removal, Zeros):
            for layer, kept in zip(products(self.network.body), removal.kept, strict=True):
                if kept is not None:
                    self._settle_rows(layer, kept & (layer.weight != 0))
        if isinstance(removal, Outputs):
            for link, stay in zip(links(self.network.body), removal.kept, strict=True):
                gone = np.ones(link.outputs, bool)
                gone[list(stay)] = False
                rows, (form,) = _rows(link.reader), self._forms[link.reader]
                _set_rows(link.reader, without(rows, np.repeat(gone, len(form) // link.outputs), form))

    def _settle_rows(self, layer: nn.Module, kept: Tensor) -> None:
        rows, forms = _rows(layer), self._forms[layer]
        gone = ~kept.cpu().numpy().reshape(rows.shape)
        of_group = np.repeat(np.arange(len(forms)), len(rows) // len(forms))
        found = [
            without(row[None], mask, forms[group])[0]
            for row, mask, group in zip(rows, gone, of_group, strict=True)
        ]
        _set_rows(layer, np.array(found))

    @staticmethod
    def _together(columns: NDArray[Any], inverse: NDArray[Any]) -> float:
        """What it costs to do without these ``columns`` (rows, inputs)."""
        return 0.5 * float((columns * np.linalg.solve(inverse, columns.T).T).sum())

    def _measure(self) -> dict[nn.Module, Form]:
        """The Hessians of each product, from what it reads in the batches."""
        layers = products(self.network.body)
        read: list[list[Tensor]] = [[] for _ in layers]
        most = -(-MOST_READINGS // max(1, len(self.batches)))

        def remember(number: int, layer: nn.Module, x: Tensor) -> None:
            readings = read_by(layer, x.detach())
            read[number].append(readings[:, :: max(1, readings.shape[1] // most)].cpu())

        hooks = [
            layer.register_forward_pre_hook(lambda module, inputs, k=k: remember(k, module, inputs[0]))
            for k, layer in enumerate(layers)
        ]
        try:
            with torch.no_grad():
                for x, *_ in self.batches:
                    self.network(x)
        finally:
            for hook in hooks:
                hook.remove()
        forms = [[hessian(group.numpy()) for group in torch.cat(parts, 1)] for parts in read]
        return dict(zip(layers, forms, strict=True))


def _rows(layer: nn.Module) -> NDArray[np.float64]:
    """The weights of a product (outputs, inputs)."""
    found: NDArray[np.float64] = layer.weight.detach().flatten(1).double().cpu().numpy()
    return found


def _set_rows(layer: nn.Module, rows: NDArray[np.float64]) -> None:
    with torch.no_grad():
        layer.weight.copy_(torch.from_numpy(rows).view_as(layer.weight))

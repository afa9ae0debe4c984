"""How much a weight or an output matters, one score a file."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator, Sequence
from typing import Any

import torch
from torch import Tensor, nn

from bnngen.train.feed import Batch
from bnngen.train.prune.chain import links, products
from bnngen.train.prune.removal import Removal
from bnngen.train.trainee import Trainee


class Score(ABC):
    """Scores of one network, 0 or more; the least matter least. ``batches`` are samples to judge by."""

    def __init__(self, network: Trainee, batches: Sequence[Batch]) -> None:
        self.network = network.eval()
        self.network.zero_grad(set_to_none=True)  # those of the last step of training
        self.batches = batches

    @abstractmethod
    def weights(self) -> list[Tensor]:
        """For each product a score for each weight, in its shape."""

    @abstractmethod
    def outputs(self) -> list[Tensor]:
        """For each link of the chain a score for each output (outputs,)."""

    def settle(self, removal: Removal) -> None:
        """Change what stays, before ``removal`` is applied to the network; most scores have no wish to."""
        return

    def losses(self) -> Iterator[Tensor]:
        """The summed loss of each batch, with the statistics of the batch norms held still."""
        for x, y, _ in self.batches:
            yield nn.functional.cross_entropy(self.network.logits(x), y, reduction="sum")

    def over_outputs(self, figure: Callable[[Tensor, Tensor], Tensor]) -> list[Tensor]:
        """For each link the sum over all samples of ``figure``, which makes (N, outputs) of activations.

        It is told the activations that the next product reads, (N, outputs, elements), and their gradients.
        """
        chain = links(self.network.body)
        sums = [torch.zeros(link.outputs, device=link.product.weight.device) for link in chain]
        read: dict[int, Tensor] = {}

        def hook(number: int) -> Callable[..., Any]:
            def remember(module: nn.Module, inputs: tuple[Tensor, ...]) -> None:
                read[number] = inputs[0]
                inputs[0].retain_grad()

            return remember

        hooks = [link.reader.register_forward_pre_hook(hook(k)) for k, link in enumerate(chain)]
        try:
            for loss in self.losses():
                loss.backward()
                for number, link in enumerate(chain):
                    x = read[number]
                    assert x.grad is not None
                    sums[number] += figure(link.by_output(x.detach()), link.by_output(x.grad)).sum(0)
        finally:
            for each in hooks:
                each.remove()
            self.network.zero_grad(set_to_none=True)
        return sums


def comparable(scores: Sequence[Tensor | None]) -> list[Tensor | None]:
    """Scores over the root mean square of their layer, so that layers can be compared.

    Molchanov et al., "Pruning Convolutional Neural Networks for Resource Efficient Inference", ICLR
    2017. What is gone stays below all others.
    """

    def scaled(s: Tensor) -> Tensor:
        size = s.clamp_min(0).square().mean().sqrt()
        return torch.where(s < 0, s, s / torch.where(size > 0, size, 1.0))

    return [None if s is None else scaled(s) for s in scores]


def times_outputs(body: nn.Module, outputs: Sequence[Tensor]) -> list[Tensor]:
    """The magnitude of each weight times the score of its output, or 1 where that has none."""
    factors = {id(link.product): s for link, s in zip(links(body), outputs, strict=True)}
    scores: list[Tensor] = []
    for layer in products(body):
        size = layer.weight.detach().abs()
        factor = factors.get(id(layer))
        scores.append(size if factor is None else size * factor.view(-1, *(1,) * (size.ndim - 1)))
    return scores

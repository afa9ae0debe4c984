"""The network in training: the architecture's module, its estimators, and the scale of the scores."""

from __future__ import annotations

import math
from collections.abc import Iterator

import torch
from torch import Tensor, nn

from bnngen.train.architectures import find_architecture
from bnngen.train.brevitas_import import qnn
from bnngen.train.checkpoint import fitting
from bnngen.train.choices import ESTIMATORS
from bnngen.train.estimators.sign import Estimator
from bnngen.train.inputs import Prepared
from bnngen.train.parts import Parts
from bnngen.train.recipe import Recipe


class Trainee(nn.Module):
    """``body`` makes scores (N, classes), as the exported file does; the loss is made of `logits`."""

    def __init__(self, body: nn.Module, estimators: tuple[Estimator, ...], fan_in: int) -> None:
        super().__init__()
        self.body = body
        self.estimators = estimators
        self.find_latent_weights()
        # integer scores reach the fan-in of the last layer: softmax needs them smaller
        self.log_scale = nn.Parameter(torch.tensor(-0.5 * math.log(fan_in)))

    def forward(self, x: Tensor) -> Tensor:
        """x (N, ...) as the network takes it to logits (N, classes)."""
        return self.body(x)

    def logits(self, x: Tensor) -> Tensor:
        """The scores times a learned positive number, which changes no class and is not exported."""
        return self.body(x) * self.log_scale.exp()

    def find_latent_weights(self) -> None:
        """Look for the quantised layers, again if one has gone."""
        self._latent = [layer.weight for layer in self.quantized_layers()]

    def set_progress(self, progress: float) -> None:
        """``progress`` goes from 0 to 1 over the training."""
        for estimator in self.estimators:
            estimator.progress = progress

    def clip_latent_weights(self) -> None:
        """Keep the float weights behind quantised ones in [-1, 1], where they can still change sign.

        Courbariaux, Bengio and David, "BinaryConnect", 2015.
        """
        with torch.no_grad():
            for weight in self._latent:
                weight.clamp_(-1, 1)

    def copied_state(self) -> dict[str, Tensor]:
        """The state, on the CPU, that later steps don't change."""
        return {name: value.detach().cpu().clone() for name, value in self.state_dict().items()}

    def restore(self, state: dict[str, Tensor]) -> None:
        """Load a state that `copied_state` gave. Raises UsageError if it is that of another network."""
        with fitting():
            self.load_state_dict(state)

    def quantized_layers(self) -> Iterator[nn.Module]:
        """The layers whose weights are quantised."""
        kinds = (qnn.QuantLinear, qnn.QuantConv1d, qnn.QuantConv2d)
        return (layer for layer in self.body.modules() if isinstance(layer, kinds))


def build_network(recipe: Recipe, prepared: Prepared, least_bits: int = 1) -> Trainee:
    """The untrained network of the recipe; `least_bits` as in `Parts`. Raises RecipeError."""
    train = recipe.train
    act, weight = ESTIMATORS[train.estimator](), ESTIMATORS[train.weight_estimator]()
    parts = Parts(recipe.model, prepared.code, act, weight, least_bits, train.dropout)
    body = find_architecture(recipe.model).build(parts, prepared.shape, prepared.data.classes)
    parts.check_names()
    last = [layer for layer in body.modules() if getattr(layer, "weight", None) is not None][-1]
    return Trainee(body, (act, weight), last.weight[0].numel())

"""Where the parameters of a sub-network lie among the shared ones, found without building it in full."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import torch
from torch import Tensor, nn
from torch.func import functional_call

from bnngen.train.architectures import find_architecture
from bnngen.train.batch_norm import NORMS
from bnngen.train.estimators.clipped import Clipped
from bnngen.train.inputs import Prepared
from bnngen.train.parts import Parts
from bnngen.train.prune.chain import products
from bnngen.train.recipe import FLOAT, Recipe
from bnngen.train.trainee import Trainee


@dataclass(frozen=True)
class SharedLayout:
    """The sub-network's parameters by their own names: what each is called among the shared ones, and its
    shape. ``fan_in`` is that of the scores."""

    names: Mapping[str, str]
    shapes: Mapping[str, torch.Size]
    fan_in: int


class _Hollow(Parts):
    """Makes layers without quantisers, which takes a fraction of the time."""

    def input(self, rank: int) -> nn.Module:
        """See `Parts`."""
        return nn.Identity()

    def unsigned(self, bits: int) -> nn.Module:
        """See `Parts`."""
        return nn.Identity()

    def signs(self) -> nn.Module:
        """See `Parts`."""
        return nn.Identity()

    def grid(self, bits: int, step: float) -> nn.Module:
        """See `Parts`."""
        return nn.Identity()

    def weight_bits(self, name: str, last: bool) -> int:
        """See `Parts`."""
        return FLOAT


def parameter_shapes(recipe: Recipe, prepared: Prepared) -> dict[str, torch.Size]:
    """The shapes of what the network of ``recipe`` learns, without the scales of its quantisers."""
    parts = _Hollow(recipe.model, prepared.code, Clipped(), Clipped())
    with torch.random.fork_rng(devices=[]):  # dropout must not depend on what is built when
        body = find_architecture(recipe.model).build(parts, prepared.shape, prepared.data.classes)
    return {f"body.{name}": parameter.shape for name, parameter in body.named_parameters()}


def shared_names(network: Trainee, act_bits: int) -> dict[str, str]:
    """What each parameter of a sub-network, by its own name, is called among the shared ones."""
    layers = dict(network.body.named_modules())
    last = products(network.body)[-1]

    def shared(name: str) -> str:
        layer, _, field = name.removeprefix("body.").rpartition(".")
        if isinstance(layers.get(layer), NORMS):
            return f"{name}_{act_bits}"
        if layer and layers[layer] is last:  # its number depends on how many there are in front
            return f"body.scores.{field}"
        return name

    return {name: shared(name) for name, _ in network.named_parameters()}


def _fast(x: Tensor) -> Tensor:
    """The same maps or windows with their channels last in memory: norms and pools are several times faster
    so, and convolutions a little."""
    return x.contiguous(memory_format=torch.channels_last) if x.ndim == 4 else x


class Skeleton:
    """A network in training that takes the parameters of all those that differ in their widths alone; its
    own are empty."""

    def __init__(self, network: Trainee, act_bits: int) -> None:
        self._network = network.train()
        self._names = shared_names(network, act_bits)
        self._shapes = {name: parameter.shape for name, parameter in network.named_parameters()}
        last, modules = products(network.body)[-1], dict(network.named_modules())
        self._last = next(f"{name}.weight" for name, module in modules.items() if module is last)
        self._depthwise = {f"{n}.weight": m for n, m in modules.items() if getattr(m, "groups", 1) > 1}
        for module in modules.values():
            if isinstance(module, NORMS):  # sees the batch alone
                module.track_running_stats = False
                module.running_mean = module.running_var = None
                module.register_forward_pre_hook(lambda module, inputs: tuple(map(_fast, inputs)))
        for parameter in network.parameters():
            parameter.data = parameter.data.new_empty(0)

    def layout(self, shapes: Mapping[str, torch.Size]) -> SharedLayout:
        """That of the network whose parameters with channels have these ``shapes``."""
        shapes = self._shapes | dict(shapes)
        return SharedLayout(self._names, shapes, shapes[self._last][1:].numel())

    def scores(self, weights: Mapping[str, Tensor], x: Tensor, progress: float) -> Tensor:
        """What the network with these ``weights`` makes of ``x`` (N, ...)."""
        self._network.set_progress(progress)
        for name, layer in self._depthwise.items():
            layer.groups = len(weights[name])
        fast = {name: _fast(weight) for name, weight in weights.items()}
        found: Tensor = functional_call(self._network, fast, (x,), tie_weights=False)
        return found

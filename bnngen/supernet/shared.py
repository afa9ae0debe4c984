"""The weights that all sub-networks share, and how each takes its own out of them."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Mapping
from itertools import filterfalse, product

import torch
from torch import Tensor, nn

from bnngen.supernet.layout import SharedLayout, shared_names
from bnngen.supernet.space import Space
from bnngen.train.inputs import Prepared
from bnngen.train.prune.chain import PRODUCTS, products
from bnngen.train.quantizers import Bipolar
from bnngen.train.trainee import Trainee, build_network

DRAWN_IN = 0.1
"""What is left of the size of a latent weight. On the digits networks of all sizes then reach 78 % after the
phases, in place of 71."""


class Shared(nn.Module):
    """Parameters by their names in the largest network.

    A sub-network's are the leading channels of these. A smaller window is the middle of the larger one times
    a learned matrix (Cai et al., section 3.2). Batch norms have factors of their own for each number of
    activation bits: what they scale is read in another way.
    """

    def __init__(self, space: Space, prepared: Prepared) -> None:
        super().__init__()
        self.space = space
        self._names: dict[str, str] = {}
        self._latent: set[str] = set()
        self._steps: set[str] = set()  # those of which more than a sign is read
        for genes in bit_variants(space):
            network = build_network(space.sub(genes), prepared)
            names = shared_names(network, genes["act_bits"])
            for name, parameter in network.named_parameters():
                self._add(names[name], parameter)
            layers = list(network.quantized_layers())
            self._latent.update(_latent(names, network, layers))
            self._steps.update(_latent(names, network, filterfalse(_is_bipolar, layers)))
            self._fan_in = products(network.body)[-1].weight[0].numel()
        self._add_transforms(network, build_network(space.sub(_narrow(space)), prepared))

    def _add(self, name: str, value: Tensor) -> None:
        if name not in self._names:
            self._names[name] = name.replace(".", "/")
            self.register_parameter(self._names[name], nn.Parameter(value.detach().clone()))

    def _add_transforms(self, largest: Trainee, narrow: Trainee) -> None:
        kernels = {
            k for gene, values in self.space.choices.items() if gene.startswith("kernel") for k in values
        }
        others = dict(narrow.body.named_modules())
        for name, module in largest.body.named_modules():
            if not isinstance(module, PRODUCTS) or module.weight.shape == others[name].weight.shape:
                continue
            most, least = (m.weight.shape[-1] for m in (module, others[name]))
            for kernel in sorted(k for k in kernels if least <= k < most):
                matrix = torch.eye(kernel ** (module.weight.ndim - 2))
                self._add(f"body.{name}.to_{kernel}", matrix)

    def __getitem__(self, name: str) -> nn.Parameter:
        return self.get_parameter(self._names[name])

    def __contains__(self, name: str) -> bool:
        return name in self._names

    def __iter__(self) -> Iterator[str]:
        """The names of all parameters."""
        return iter(self._names)

    def weights(self, layout: SharedLayout) -> dict[str, Tensor]:
        """The parameters of the sub-network with this ``layout``, by their own names."""
        found = {name: self._part(layout.names[name], shape) for name, shape in layout.shapes.items()}
        # where fewer numbers are added up, scores are smaller
        narrower = layout.fan_in / self._fan_in
        return found | {"log_scale": found["log_scale"] - 0.5 * math.log(narrower)}

    def _part(self, name: str, shape: torch.Size) -> Tensor:
        value: Tensor = self[name]
        value = value[tuple(map(slice, shape[:2]))]
        kernel, layer = shape[-1:], name.removesuffix(".weight")
        while len(shape) > 2 and value.shape[-1:] != kernel:
            size = max(k for k in range(value.shape[-1]) if f"{layer}.to_{k}" in self)
            value = _inner(value, size)
            value = (value.flatten(2) @ self[f"{layer}.to_{size}"]).reshape(value.shape)
        return value

    def draw_in(self) -> None:
        """Bring latent weights that only their signs are read of nearer to 0: the networks stay the same, and
        learn on. Trained ones stand at -1 and 1, from where few steps lead to another sign."""
        with torch.no_grad():
            for name in self._latent - self._steps:
                self[name].mul_(DRAWN_IN)

    def clip_latent_weights(self) -> None:
        """As `Trainee.clip_latent_weights`."""
        with torch.no_grad():
            for name in self._latent:
                self[name].clamp_(-1, 1)


def _inner(weight: Tensor, size: int) -> Tensor:
    """The middle of a window (O, I, K) or (O, I, K, K)."""
    first = (weight.shape[-1] - size) // 2
    inner = slice(first, first + size)
    return weight[..., inner] if weight.ndim == 3 else weight[..., inner, inner]


def _latent(names: Mapping[str, str], network: Trainee, layers: Iterable[nn.Module]) -> Iterator[str]:
    """The shared names of the weights of these ``layers``."""
    wanted = set(layers)
    for name, module in network.named_modules():
        if module in wanted:
            yield names[f"{name}.weight"]


def _is_bipolar(layer: nn.Module) -> bool:
    return any(isinstance(module, Bipolar) for module in layer.weight_quant.modules())


def bit_variants(space: Space) -> Iterator[dict[str, int]]:
    """The largest network with each number of bits, the most first: between them they have all parameters."""
    bits = (space.choices["weight_bits"], space.choices["act_bits"])
    for weight_bits, act_bits in product(*(reversed(values) for values in bits)):
        yield space.largest | {"weight_bits": weight_bits, "act_bits": act_bits}


def _narrow(space: Space) -> dict[str, int]:
    """The largest network with the smallest windows."""
    return space.largest | {g: values[0] for g, values in space.choices.items() if g.startswith("kernel")}

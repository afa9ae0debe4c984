"""Parts of random files as people write them in torch: binarizers of comparisons, straight-through residues, DoReFa's
rounding, functions in front of a quantiser, and latent weights behind such quantisers."""

from __future__ import annotations

from typing import Any

import numpy as np
from onnx import TensorProto


class Binarizers:
    """What a writer of random files appends: behind its tensor ``x`` of shape ``shape``."""

    def __init__(self, writer: Any) -> None:
        self.writer, self.model, self.pick = writer, writer.model, writer.pick
        self.random = writer.random

    def signs(self, x: Any) -> str:
        """+1 and -1, by a comparison."""
        node, zero = self.model.node, self.pick(0.0, 0.0, 0.25)
        rises = self.pick(True, True, False)
        both = (1.0, -1.0) if rises else (-1.0, 1.0)
        reached = node(
            self.pick("GreaterOrEqual", "Greater") if rises else self.pick("Less", "LessOrEqual"), x, zero
        )
        kind = self.pick("where", "cast", "not")
        if kind == "where":
            return str(node("Where", reached, *both))
        if kind == "not":
            reached, both = node("Not", reached), both[::-1]
        bits = node("Cast", reached, to=TensorProto.DOUBLE)
        if self.pick(True, False):
            return str(node("Sub", node("Mul", bits, both[0] - both[1]), -both[1]))
        return str(node("Add", node("Mul", bits, both[0] - both[1]), both[1]))

    def binarize(self) -> None:
        """Signs, perhaps with what training needs around them."""
        x = self.writer.x
        signs = self.signs(x)
        kind = self.pick("plain", "plain", "residue", "clipped")
        if kind == "residue":
            signs = self.model.node("Add", x, self.model.node("Sub", signs, x))
        elif kind == "clipped":
            held = self.model.node("Clip", x, -1.0, 1.0)
            signs = self.model.node("Add", self.model.node("Sub", signs, held), held)
        self.writer.x = signs

    def round(self) -> None:
        """DoReFa's rounding and the like: a clip, a factor, a rounding, and the factor back."""
        node, steps, low = self.model.node, self.pick(2.0, 4.0), self.pick(0.0, 0.0, -1.0)
        x = node("Clip", self.writer.x, low, 1.0)
        x = node("Mul", x, steps) if self.pick(True, False) else node("Div", x, 1 / steps)
        kind = self.pick("Round", "Round", "Floor", "Ceil", "half")
        x = node("Floor", node("Add", x, 0.5)) if kind == "half" else node(kind, x)
        self.writer.x = node("Div", x, steps) if self.pick(True, False) else node("Mul", x, 1 / steps)

    def function(self) -> None:
        """One that never falls, in front of a quantiser."""
        node, x = self.model.node, self.writer.x
        kind = self.pick("LeakyRelu", "PRelu", "HardSigmoid", "Tanh", "Sigmoid", "Softsign", "Elu", "Min")
        if kind == "LeakyRelu":
            x = node(kind, x, alpha=self.pick(0.25, 0.125, 0.0))
        elif kind == "PRelu":
            slopes = self.random.choice([0.25, 0.5, 1.0], self.writer.shape[0])
            x = node(kind, x, self.pick(self.writer.per_channel(slopes), np.array(0.25)))
        elif kind == "HardSigmoid":
            x = node(kind, x, alpha=self.pick(0.25, 0.5), beta=0.5)
        elif kind == "Min":
            x = node("Max", node("Min", x, 2.0), -1.5)
        else:
            x = node(kind, x)
        self.writer.x = x

    def weights(self, *shape: int, axis: int = 0) -> Any:
        """Latent ones behind a binarizer, perhaps times the sum of their sizes in each row: of binary fractions,
        which doubles hold."""
        node, latent = self.model.node, np.round(self.random.normal(0, 1, shape) * 64) / 64
        latent = np.where(latent == 0, 0.5, latent)
        signs = self.signs(latent) if self.pick(True, False) else node("Sign", latent)
        kind = self.pick("plain", "plain", "scaled", "residue", "rounded")
        if kind == "scaled":
            others = [k for k in range(len(shape)) if k != axis]
            sizes = node("ReduceL1", latent, axes=others, keepdims=1)
            return node("Mul", signs, sizes)
        if kind == "residue":
            return node("Add", latent, node("Sub", signs, latent))
        if kind == "rounded":
            return node("Div", node("Round", node("Mul", node("Clip", latent, -1.0, 1.0), 3.0)), 4.0)
        return signs

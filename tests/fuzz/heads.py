"""Small random classifiers with everything that exporters put around dense layers: Gemm in all its forms, folded
constants, Dropout, and the heads that a classifier can have."""

from __future__ import annotations

from typing import Any

import numpy as np

HEADS = ("none", "none", "affine", "Softmax", "ArgMax", "TopK", "norm")


class Writer:
    """Writes a file, as the writer of `tests.frontend.random_files` does."""

    def __init__(self, model: Any, choices: Any) -> None:
        self.model, self.choices, self.pick, self.x = model, choices, choices.pick, "x"
        self.features = int(np.prod(model.shape))
        self.random = np.random.default_rng(choices.integer(0, 1 << 20))

    def numbers(self, *shape: int) -> np.ndarray:
        return self.random.integers(-8, 9, shape) / 4

    def flatten(self) -> None:
        """In one of the ways that exporters know."""
        kind = self.pick("Flatten", "Reshape", "shape", "none" if len(self.model.shape) == 1 else "Flatten")
        if kind == "Flatten":
            self.x = self.model.node("Flatten", self.x)
        elif kind == "Reshape":
            self.x = self.model.node("Reshape", self.x, np.array(self.pick([0, -1], [-1, self.features])))
        elif kind == "shape":
            shape = self.model.node("Shape", self.x)
            batch = self.model.node("Gather", shape, np.array(0), axis=0)
            wanted = self.model.node("Unsqueeze", batch, np.array([0]))
            wanted = self.model.node("Concat", wanted, np.array([-1]), axis=0)
            self.x = self.model.node("Reshape", self.x, wanted)

    def weights(self, rows: int, columns: int) -> Any:
        """Behind a quantiser, transposed, or computed from what is known."""
        values = self.random.choice([-1.0, 1.0], (rows, columns))
        kind = self.pick("plain", "quant", "latent", "scaled", "sign", "transposed")
        if kind == "quant":
            return self.model.quant(self.random.normal(0, 0.5, (rows, columns)).round(2), 0.25, bits=3.0)
        if kind == "latent":
            return self.model.bipolar(self.random.normal(0, 1, (rows, columns)).round(3), self.pick(1.0, 0.5))
        if kind == "scaled":
            return self.model.node("Div", values * 6, self.pick(2.0, 6.0))
        if kind == "sign":
            return self.model.node("Sign", values * 0.3)
        if kind == "transposed":
            return self.model.node("Transpose", values.T.copy(), perm=[1, 0])
        return values

    def dense(self, rows: int) -> None:
        kind, columns = self.pick("MatMul", "Gemm", "Gemm"), self.features
        if kind == "MatMul":
            self.x = self.model.node("MatMul", self.x, self.weights(columns, rows))
        else:
            options: dict[str, Any] = {"transB": self.pick(0, 1)}
            options |= self.pick({}, {"alpha": 0.5}, {"beta": -0.5}, {"alpha": 2.0, "beta": 2.0})
            weights = self.weights(rows, columns) if options["transB"] else self.weights(columns, rows)
            bias = self.pick([], [self.numbers(rows)], [self.numbers(1, rows)], [self.numbers(1)], [0.25])
            self.x = self.model.node("Gemm", self.x, weights, *bias, **options)
        self.features = rows

    def between(self) -> None:
        """What may stand between a product and its quantiser."""
        for kind in self.choices.random.sample(["Dropout", "Identity", "Relu", "norm", "affine"], 2):
            if kind == "norm":
                self.norm()
            elif kind == "affine":
                self.affine()
            else:
                self.x = self.model.node(kind, self.x)

    def affine(self) -> None:
        op, shape = (
            self.pick("Add", "Sub", "Mul", "Div"),
            self.pick((self.features,), (1, self.features), (1,), ()),
        )
        values = self.numbers(*shape)
        values = np.where(values == 0, 0.5, values)
        self.x = self.model.node(
            op,
            *self.pick(
                [self.x, values], [self.x, values], [values, self.x] if op != "Div" else [self.x, values]
            ),
        )

    def norm(self) -> None:
        gamma, beta, mean = (self.numbers(self.features) for _ in range(3))
        var = self.random.integers(1, 64, self.features) / 16
        self.x = self.model.node(
            "BatchNormalization", self.x, gamma, beta, mean, var, epsilon=self.pick(1e-5, 0.0, 0.5)
        )

    def quantize(self) -> None:
        if self.pick(True, False):
            self.x = self.model.bipolar(self.x, self.pick(1.0, 0.5, 0.75))
        else:
            bits, scale = self.pick(2.0, 3.0, 8.0), self.pick(0.5, 1.0, 0.125)
            signed = self.pick(0, 1)
            self.x = self.model.quant(self.x, scale, bits=bits, signed=signed, narrow=self.pick(0, 1))

    def head(self) -> None:
        kind = self.pick(*HEADS)
        if kind == "affine":
            self.affine()
        elif kind == "norm":
            self.norm()
        elif kind == "Softmax":
            self.x = self.model.node("Softmax", self.x, axis=self.pick(1, -1))
        elif kind == "ArgMax":
            self.x = self.model.node("ArgMax", self.x, axis=self.pick(1, -1), keepdims=self.pick(0, 1))
        elif kind == "TopK":
            self.x = self.model.node("TopK", self.x, np.array([1]), outputs=2, axis=self.pick(1, -1))

    def write(self) -> str:
        """The whole file; returns its output."""
        if self.pick(True, False):
            self.quantize()
            self.flatten()
        else:
            self.flatten()
            self.quantize()
        for _ in range(self.pick(0, 1, 2)):
            self.dense(self.pick(2, 3, 5))
            self.between()
            self.quantize()
        self.dense(self.pick(1, 2, 4))
        self.head()
        return self.x

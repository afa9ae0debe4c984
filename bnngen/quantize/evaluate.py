"""The float operators of a network, computed by torch."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import onnx
import torch
from numpy.typing import NDArray
from torch import Tensor
from torch.nn import functional

from bnngen.base.errors import ModelError

Attributes = dict[str, Any]

GREATEST = 1e18
"""The squares of larger numbers leave float32."""

_ONLY = {"auto_pad": (b"NOTSET", b"VALID"), "ceil_mode": (0,), "transA": (0,)}


def is_moderate(x: NDArray[Any]) -> bool:
    """Whether all numbers are finite, and no greater than `GREATEST`."""
    return bool((np.abs(x) <= GREATEST).all())


def evaluate(node: onnx.NodeProto, inputs: list[NDArray[Any] | None]) -> NDArray[Any]:
    """The result of ``node``, whose first input has the samples on axis 0; None stands for an input that is
    left out. Raises ModelError, also where the result is not moderate.
    """
    if node.op_type not in _OPERATORS:
        raise ModelError(
            node.name or node.op_type,
            f"is a {node.op_type}; post-training quantization takes {', '.join(sorted(_OPERATORS))}",
        )
    attributes = {a.name: onnx.helper.get_attribute_value(a) for a in node.attribute}
    for name, accepted in _ONLY.items():
        if attributes.get(name, accepted[0]) not in accepted:
            raise ModelError(
                node.name or node.op_type, f"has {name} = {attributes[name]}; it must be without"
            )
    tensors = [None if x is None else torch.tensor(x) for x in inputs]
    try:
        with torch.no_grad():
            result = np.asarray(_OPERATORS[node.op_type](tensors, attributes))
    except (RuntimeError, ValueError, IndexError, KeyError, TypeError, AttributeError) as error:
        shapes = ", ".join("nothing" if x is None else str(x.shape) for x in inputs)
        reason = str(error).splitlines()[0] if str(error) else type(error).__name__
        raise ModelError(
            node.name or node.op_type, f"can't be computed on inputs of shapes {shapes}: {reason}"
        ) from error
    if not is_moderate(result):
        raise ModelError(
            node.name or node.op_type,
            f"gives NaN or numbers beyond {GREATEST:g} on the calibration data: check both for their range",
        )
    return result


def _gemm(x: list[Any], a: Attributes) -> Tensor:
    weight = x[1].T if a.get("transB") else x[1]
    product = a.get("alpha", 1.0) * x[0] @ weight
    return product + a.get("beta", 1.0) * x[2] if len(x) > 2 and x[2] is not None else product


def _conv(x: list[Any], a: Attributes) -> Tensor:
    axes = x[0].ndim - 2
    convolve: Callable[..., Any] = (functional.conv1d, functional.conv2d)[axes - 1]
    ones = [1] * axes
    return convolve(
        padded(x[0], a, 0.0),
        *x[1:],
        stride=a.get("strides", ones),
        dilation=a.get("dilations", ones),
        groups=a.get("group", 1),
    )


def _max_pool(x: list[Any], a: Attributes) -> Tensor:
    axes = x[0].ndim - 2
    pool: Callable[..., Any] = (functional.max_pool1d, functional.max_pool2d)[axes - 1]
    return pool(padded(x[0], a, -torch.inf), a["kernel_shape"], a.get("strides", [1] * axes))


def _average_pool(x: list[Any], a: Attributes) -> Tensor:
    axes = x[0].ndim - 2
    pool: Callable[..., Any] = (functional.avg_pool1d, functional.avg_pool2d)[axes - 1]
    return pool(padded(x[0], a, 0.0), a["kernel_shape"], a.get("strides", [1] * axes))


def padded(x: Tensor, a: Attributes, value: float) -> Tensor:
    """ONNX gives all begins, then all ends; torch pairs from the last axis on."""
    pads = a.get("pads", [0] * 2 * (x.ndim - 2))
    pairs = list(zip(pads[: len(pads) // 2], pads[len(pads) // 2 :], strict=True))
    return functional.pad(x, [n for pair in reversed(pairs) for n in pair], value=value)


def _norm(x: list[Any], a: Attributes) -> Tensor:
    data, scale, bias, mean, variance = x
    return functional.batch_norm(data, mean, variance, scale, bias, eps=a.get("epsilon", 1e-5))


def _clip(x: list[Any], a: Attributes) -> Tensor:
    """The limits are inputs since opset 11, and may be left out."""
    low, high = (
        x[k] if len(x) > k and x[k] is not None else torch.tensor(a.get(name, end))
        for k, name, end in ((1, "min", -torch.inf), (2, "max", torch.inf))
    )
    return x[0].clamp(low, high)


def _reshape(x: list[Any], a: Attributes) -> Tensor:
    return x[0].reshape(len(x[0]), *x[1].tolist()[1:])


_OPERATORS: dict[str, Callable[[list[Any], Attributes], Tensor]] = {
    "Gemm": _gemm,
    "MatMul": lambda x, a: x[0] @ x[1],
    "Conv": _conv,
    "BatchNormalization": _norm,
    "Clip": _clip,
    "Relu": lambda x, a: functional.relu(x[0]),
    "MaxPool": _max_pool,
    "AveragePool": _average_pool,
    "GlobalAveragePool": lambda x, a: x[0].mean(tuple(range(2, x[0].ndim)), keepdim=True),
    "Flatten": lambda x, a: x[0].flatten(1),
    "Reshape": _reshape,
    "Add": lambda x, a: x[0] + x[1],
    "Sub": lambda x, a: x[0] - x[1],
    "Mul": lambda x, a: x[0] * x[1],
    "Div": lambda x, a: x[0] / x[1],
    "Identity": lambda x, a: x[0],
    "Dropout": lambda x, a: x[0],
    "Softmax": lambda x, a: x[0].softmax(-1),
    "ArgMax": lambda x, a: x[0].argmax(1),
}

"""What each output of a product reads, for the nodes of a file."""

from __future__ import annotations

from typing import Any

import numpy as np
import onnx
import torch
from numpy.typing import NDArray

from bnngen.quantize.evaluate import padded
from bnngen.train.windows import samples_for, windows


def read_by(node: onnx.NodeProto, x: NDArray[Any], weight: NDArray[Any]) -> NDArray[np.float32]:
    """The inputs of each output of the product ``node`` (groups, readings, inputs), of the first samples of
    ``x`` (N, ...): inputs in the order of the ``weight``'s, one group but for grouped convolutions."""
    if node.op_type != "Conv":
        return np.asarray(x, np.float32).reshape(1, -1, x.shape[-1])
    attributes = {a.name: onnx.helper.get_attribute_value(a) for a in node.attribute}
    kernel, groups = weight.shape[2:], attributes.get("group", 1)
    ones = [1] * len(kernel)
    strides = attributes.get("strides", ones)
    places = int(np.prod([max(1, n // s) for n, s in zip(x.shape[2:], strides, strict=True)]))
    part = padded(torch.tensor(x[: samples_for(places)]), attributes, 0.0)
    found: NDArray[np.float32] = (
        windows(part, kernel, strides, attributes.get("dilations", ones), groups).contiguous().numpy()
    )
    return found

"""Write the small Brevitas models of this folder.

    pip install -c constraints.txt -e '.[train]' onnxscript
    python tests/frontend/models/make_models.py

Each model is untrained: random weights, biases and batch norms, with negative and zero gammas. Beside
NAME.onnx stands NAME.npz with ``x`` (64, 16) float32 and ``y`` (64, 5) float64, what the torch module makes
of ``x`` in double precision.

    relu4                   8-bit input, 4-bit weights, 4-bit and 2-bit unsigned ReLU, biases
    narrow3                 3-bit narrow activations, ternary and 3-bit weights with one scale an output
    bipolar_softmax         unsigned 8-bit input, bipolar weights and activations, a trailing Softmax
    bipolar_softmax_dynamo  the same network out of torch's other exporter
    rounding                ROUND, CEIL, FLOOR and ROUND_TO_ZERO; the initializers are graph inputs too

So that ``y`` is what the file says, every scale that Brevitas derives is the same number in float32 and in
float64, and no sample comes close to a rounding boundary, but for those put there on purpose, at the input.
"""

from __future__ import annotations

import copy
import sys
import warnings
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

HERE = Path(__file__).parent
sys.path.insert(0, str(HERE.parents[2] / "examples" / "digits"))
from train import BinaryActivation, BinaryWeight, export_model  # noqa: E402

with warnings.catch_warnings():
    warnings.simplefilter("ignore")
    import brevitas.nn as qnn
    from brevitas.inject.enum import FloatToIntImplType, ScalingImplType
    from brevitas.quant import (
        Int8ActPerTensorFloat,
        Int8WeightPerChannelFloat,
        Int8WeightPerTensorFloat,
        SignedBinaryWeightPerTensorConst,
        Uint8ActPerTensorFloat,
    )

SAMPLES = 64
BOUNDARY_MARGIN = 1e-6


class TenthWeight(SignedBinaryWeightPerTensorConst):
    """Weights -0.1 and +0.1, in float32."""

    scaling_const = 0.1


def activation(bits: int, scale: float, signed: bool, narrow: bool = False, rounding: str = "ROUND") -> type:
    """Return a Brevitas activation quantizer with the constant ``scale``."""
    top = 2 ** (bits - signed) - 1
    # Brevitas divides the threshold of a signed range by the size of its lowest level
    steps = top if narrow or not signed else top + 1
    members = {
        "bit_width": bits,
        "narrow_range": narrow,
        "scaling_impl_type": ScalingImplType.CONST,
        "scaling_init": scale * steps,
        "float_to_int_impl_type": FloatToIntImplType[rounding],
    }
    base = Int8ActPerTensorFloat if signed else Uint8ActPerTensorFloat
    result: type = type(base)("Activation", (base,), members)
    return result


def identity(bits: int, scale: float, signed: bool = True, **how: Any) -> nn.Module:
    """Return a quantizer of whatever comes; ``how`` goes to ``activation``."""
    return qnn.QuantIdentity(act_quant=activation(bits, scale, signed, **how))


def relu(bits: int, scale: float, rounding: str = "ROUND") -> nn.Module:
    """Return a ReLU with an unsigned quantizer behind it."""
    return qnn.QuantReLU(act_quant=activation(bits, scale, signed=False, rounding=rounding))


def dense(inputs: int, outputs: int, bits: int, scales: list[float], bias: bool = True) -> nn.Module:
    """Return a dense layer of narrow ``bits``-bit weights: one scale, or one an output, taken in turn.

    The float weights lie off the quantizer's grid, but for the first of each row: it is the largest, and
    Brevitas takes the scale from it.
    """
    per_output = len(scales) > 1
    base = Int8WeightPerChannelFloat if per_output else Int8WeightPerTensorFloat
    layer = qnn.QuantLinear(
        inputs, outputs, bias=bias, weight_quant=type(base)("Weight", (base,), {"bit_width": bits})
    )
    top = 2 ** (bits - 1) - 1
    levels = torch.randint(-top, top + 1, (outputs, inputs)) + 0.8 * torch.rand(outputs, inputs) - 0.4
    levels = levels.clamp(-top, top)
    levels[:, 0] = top * (2 * torch.randint(0, 2, (outputs,)) - 1)
    row_scales = torch.tensor([scales[row % len(scales)] for row in range(outputs)])
    layer.weight.data = levels * row_scales[:, None]
    if bias:
        layer.bias.data = torch.randn(outputs)
    return layer


def bipolar(inputs: int, outputs: int, quantizer: Any) -> nn.Module:
    """Return a dense layer of bipolar weights without a bias."""
    layer = qnn.QuantLinear(inputs, outputs, bias=False, weight_quant=quantizer)
    layer.weight.data = quantizer.scaling_const * (2 * torch.rand(outputs, inputs) - 1)
    return layer


def norm(channels: int) -> nn.BatchNorm1d:
    """Return a batch norm that takes its statistics from the next batch; eps is the same in any precision."""
    return nn.BatchNorm1d(channels, eps=2.0**-17, momentum=1.0)


def relu4() -> nn.Sequential:
    """Return unsigned activations behind biased dense layers."""
    return nn.Sequential(
        identity(8, 2.0**-5),
        dense(16, 12, 4, [0.125]),
        norm(12),
        relu(4, 0.25),
        dense(12, 10, 4, [0.109375]),
        norm(10),
        relu(2, 0.6875),
        dense(10, 5, 4, [0.0625]),
    )


def narrow3() -> nn.Sequential:
    """Return signed narrow activations and one weight scale an output."""
    return nn.Sequential(
        identity(3, 0.75, narrow=True),
        dense(16, 12, 2, [0.5, 0.28125, 0.125], bias=False),
        norm(12),
        identity(3, 0.4375, narrow=True),
        dense(12, 10, 3, [0.25, 0.1875]),
        norm(10),
        identity(3, 0.5, narrow=True),
        dense(10, 5, 2, [0.25, 0.3125, 0.5, 0.75, 1.0]),
    )


def bipolar_softmax() -> nn.Sequential:
    """Return an 8-bit input under bipolar weights."""
    return nn.Sequential(
        identity(8, 2.0**-7, signed=False),
        bipolar(16, 12, BinaryWeight),
        norm(12),
        qnn.QuantIdentity(act_quant=BinaryActivation),
        bipolar(12, 10, TenthWeight),
        norm(10),
        qnn.QuantIdentity(act_quant=BinaryActivation),
        bipolar(10, 5, TenthWeight),
        nn.Softmax(dim=1),
    )


def rounding() -> nn.Sequential:
    """Return one activation for each rounding mode that Brevitas exports."""
    return nn.Sequential(
        identity(4, 0.25, rounding="CEIL"),
        dense(16, 12, 3, [0.25]),
        norm(12),
        relu(3, 0.3125, rounding="FLOOR"),
        dense(12, 12, 3, [0.125]),
        norm(12),
        identity(4, 0.25, rounding="ROUND_TO_ZERO"),
        dense(12, 10, 3, [0.5]),
        norm(10),
        relu(3, 0.5, rounding="CEIL"),
        dense(10, 10, 3, [0.25]),
        norm(10),
        identity(3, 0.5, rounding="FLOOR"),
        dense(10, 5, 3, [0.25]),
    )


def samples(step: float) -> Tensor:
    """Return inputs (64, 16); a quarter are multiples of half the input quantizer's ``step``: many ties."""
    x = 1.5 * torch.randn(SAMPLES, 16)
    x[::4] = (x[::4] / (step / 2)).round() * (step / 2)
    return x


def randomise_norms(model: nn.Sequential, x: Tensor) -> None:
    """Set the batch norms' statistics from ``x``, their gammas and betas at random, one gamma to zero."""
    with torch.no_grad():
        model.train()
        model(x)
        model.eval()
        for layer in model:
            if isinstance(layer, nn.BatchNorm1d):
                nn.init.normal_(layer.weight)
                layer.weight[-1] = 0.0
                nn.init.normal_(layer.bias, std=0.5)


def activations(model: nn.Sequential) -> list[nn.Module]:
    """Return the activation quantizers of ``model`` in order."""
    return [layer for layer in model if hasattr(layer, "act_quant")]


def require_margin(layer: nn.Module, values: Tensor) -> None:
    """Raise ValueError if a value before quantizer ``layer`` is close to a level or to the middle of two."""
    halves = 2 * values / layer.act_quant.scale()
    closest = (halves - halves.round()).abs().min().item()
    if closest < BOUNDARY_MARGIN:
        raise ValueError(f"a value is {closest} half steps from a rounding boundary: take another seed")


def double_output(model: nn.Sequential, x: Tensor) -> Tensor:
    """Return what ``model`` makes of ``x`` in doubles; ValueError if that could differ from the file."""
    precise = copy.deepcopy(model).double()
    for layer, twin in zip(model, precise, strict=True):
        if hasattr(layer, "weight_quant") and not torch.equal(
            layer.quant_weight().scale.double(), twin.quant_weight().scale.double()
        ):
            raise ValueError("a weight scale isn't the same in float32 and float64: give it fewer bits")
    for layer in activations(precise)[1:]:
        layer.register_forward_pre_hook(lambda module, inputs: require_margin(module, inputs[0].detach()))
    with torch.no_grad():
        return precise(x.double())


def write(name: str, model: nn.Sequential, **options: bool) -> None:
    """Write NAME.onnx and NAME.npz of the randomised ``model``."""
    x = samples(activations(model)[0].act_quant.scale().item())
    randomise_norms(model, x)
    y = double_output(model, x)
    np.savez_compressed(HERE / f"{name}.npz", x=x.numpy(), y=y.numpy())
    export_model(model, HERE / f"{name}.onnx", 16, **options)


def main() -> None:
    """Write all of them; the same bytes at every run on one machine."""
    torch.set_num_threads(1)
    for seed, build in enumerate((relu4, narrow3, bipolar_softmax, rounding)):
        torch.manual_seed(seed)
        write(build.__name__, build(), keep_initializers_as_inputs=build is rounding)
    torch.manual_seed(2)
    write("bipolar_softmax_dynamo", bipolar_softmax(), dynamo=True, optimize=True)


if __name__ == "__main__":
    main()

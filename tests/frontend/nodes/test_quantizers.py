"""BipolarQuant, Quant, MultiThreshold and Sign, as activations and as inputs."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from support.networks import layer_weights
from support.onnx_files import agrees, refuses, signs

from bnngen.passes.ends import SIGN_ADVICE
from tests.frontend.onnx_file import File

WEIGHTS = np.array([[1.0, -2.0, 3.0], [-1.0, 1.0, 2.0], [0.0, 1.0, -1.0], [3.0, -3.0, 1.0]])
MODES = ["ROUND", "CEIL", "FLOOR", "UP", "DOWN", "ROUND_TO_ZERO", "HALF_UP", "HALF_DOWN"]
RANGES = [(2, 1, 0), (2, 1, 1), (3, 1, 1), (1, 0, 0), (2, 0, 0), (3, 0, 1), (8, 1, 0), (8, 0, 0)]


@pytest.mark.parametrize("mode", [*MODES, "half_up"])
@pytest.mark.parametrize(("bits", "signed", "narrow"), RANGES)
def test_quant_on_input_and_activations(mode: str, bits: int, signed: int, narrow: int) -> None:
    """Power-of-two scales: most sums and many inputs lie on a tie."""
    model = File(3)
    how = {"signed": signed, "narrow": narrow, "rounding_mode": mode}
    hidden = model.node("MatMul", model.quant("x", 0.5, float(bits), **how), WEIGHTS.T)
    codes = model.quant(hidden, 2.0, float(bits), **how)
    network = agrees(model, model.node("MatMul", codes, WEIGHTS))
    lo = -(2 ** (bits - 1)) + narrow if signed else 0
    hi = lo + 2**bits - 1 - narrow
    for layer_type in (network.quantizer.type, network.layers[0].op.output_type):
        assert (layer_type.lo, layer_type.hi) in ((lo, hi), (-1, 1))


@pytest.mark.parametrize("scale", [-0.5, 0.75, 3.0])
@pytest.mark.parametrize("zero", [1.0, -2.0, 0.5])
def test_zero_points_and_odd_scales(scale: float, zero: float) -> None:
    model = File(3)
    hidden = model.node("MatMul", model.quant("x", scale, 3.0, zero), WEIGHTS.T)
    codes = model.quant(hidden, scale, 3.0, zero, signed=0)
    agrees(model, model.node("MatMul", codes, WEIGHTS))


def test_one_scale_for_each_channel_of_the_input() -> None:
    """Multiples of one scale become weights."""
    model = File(3)
    x = model.quant("x", [[0.5, 0.25, 1.0]], 3.0, name="q")
    network = agrees(model, model.node("MatMul", x, WEIGHTS.T))
    assert np.array_equal(layer_weights(network.layers[0]), WEIGHTS * [2, 1, 4])


def test_scales_without_a_common_measure() -> None:
    """They can't pass the weights; in front of a single quantiser they are the host's."""
    model = File(3)
    x = model.quant("x", [[0.5, 0.3, 1.0]], 3.0, name="q")
    refuses(
        model,
        model.node("MatMul", x, WEIGHTS.T),
        "layer 'q_unscale': scales each channel by its own factor, and these are no small multiples of one number, "
        "so they can't pass the sum of the next layer's products; quantise with one scale for the whole tensor, or "
        "put a quantiser behind this layer",
    )


def test_channels_of_the_input_before_one_quantizer() -> None:
    model = File(3)
    scaled = model.node("Mul", "x", np.array([[2.0, -1.0, 0.25]]))
    network = agrees(model, model.node("MatMul", model.quant(scaled, 0.5, 3.0), WEIGHTS.T))
    assert [float(m) for m in network.quantizer.mul] == [4.0, -2.0, 0.5]


@pytest.mark.parametrize("shape", [(4,), (1, 4)])
def test_one_scale_for_each_channel_of_the_output(shape: tuple[Any, ...]) -> None:
    scale = np.array([0.5, -0.25, 1.0, 2.0]).reshape(shape)
    model = File(3)
    hidden = model.node("MatMul", model.bipolar("x"), WEIGHTS.T)
    agrees(model, model.quant(hidden, scale, 3.0, np.array([[0.0, 1.0, 2.0, -1.0]])))
    model = File(3)
    hidden = model.node("MatMul", model.bipolar("x"), WEIGHTS.T)
    network = agrees(model, model.bipolar(hidden, scale))
    assert network.output_type.bipolar


@pytest.mark.parametrize("scale", [1.0, 0.375, -0.5])
def test_bipolar_quant_with_a_scale(scale: float) -> None:
    model = File(3)
    hidden = model.node("MatMul", model.bipolar("x", scale), WEIGHTS.T)
    hidden = model.node("MatMul", model.bipolar(hidden, scale), WEIGHTS)
    agrees(model, model.bipolar(hidden, scale))


@pytest.mark.parametrize("domain", ["onnx.brevitas", "qonnx.custom_op.general", "finn.custom_op.general"])
def test_every_domain(domain: str) -> None:
    model = File(3)
    x = model.quant("x", 0.5, 3.0, domain=domain)
    hidden = model.node("MatMul", x, model.bipolar(WEIGHTS.T, 0.5, domain=domain))
    agrees(model, model.node("MultiThreshold", hidden, [[-1.0, 1.0]], domain=domain))


def test_the_new_name_of_quant() -> None:
    model = File(3)
    x = model.node("IntQuant", "x", 0.5, 0.0, 3.0, domain="qonnx.custom_op.general")
    agrees(model, model.node("MatMul", x, WEIGHTS.T))


@pytest.mark.parametrize(
    ("table", "attributes"),
    [
        ([[-1.0, 0.0, 2.0]], {}),
        ([[-1.0, 2.0], [0.0, 0.0], [0.5, 7.0], [-100.0, 100.0]], {}),
        ([[-1.0, 2.0], [0.0, 0.0], [0.5, 7.0], [-100.0, 100.0]], {"out_scale": 0.5, "out_bias": -1.0}),
        ([[0.0], [1.0], [2.0], [-1.5]], {"out_scale": 2.0, "out_bias": -1.0}),
        ([[0.0], [1.0], [2.0], [-1.5]], {"out_scale": -2.0, "out_bias": 1.0}),
        ([[0.0]], {"out_scale": 3.0, "out_bias": -1.5}),
        ([[0.0]], {"out_scale": 2.0}),
        ([[1.0, 1.0, 1.0]], {"out_bias": 4.0}),
    ],
)
def test_multi_threshold(table: list[Any], attributes: dict[str, Any]) -> None:
    model = File(3)
    hidden = model.node("MatMul", model.quant("x", 0.5, 2.0), WEIGHTS.T)
    codes = model.node("MultiThreshold", hidden, np.array(table), **attributes)
    agrees(model, codes)
    agrees(model, model.node("MatMul", codes, WEIGHTS))


def test_multi_threshold_on_the_input() -> None:
    model = File(3)
    x = model.node("MultiThreshold", "x", [[-1.0, 0.0, 1.0]], out_bias=-1.0)
    network = agrees(model, model.node("MatMul", x, WEIGHTS.T))
    assert network.quantizer.rounding == "half_up"
    model = File(3)
    x = model.node("MultiThreshold", "x", [[0.5]], out_bias=-1.0, out_scale=2.0)
    assert agrees(model, model.node("MatMul", x, WEIGHTS.T)).quantizer.rounding == "sign"


def test_a_row_of_unsorted_thresholds_counts_the_same() -> None:
    model = File(3)
    hidden = model.node("MatMul", model.bipolar("x"), WEIGHTS.T)
    agrees(model, model.node("MultiThreshold", hidden, [[3.0, -2.0, 0.0]]))


def test_sign_where_zero_can_not_occur() -> None:
    model = File(3)
    hidden = model.node("MatMul", model.bipolar("x"), signs(3, 5))
    hidden = model.node("MatMul", model.node("Sign", hidden), signs(5, 2))
    network = agrees(model, model.node("Sign", hidden))
    assert network.output_type.bipolar


def test_sign_where_zero_can_occur() -> None:
    model = File(4)
    out = model.node("Sign", model.node("MatMul", model.bipolar("x"), signs(4, 2)), name="act")
    refuses(
        model,
        out,
        "layer 'act': is a plain Sign, and gives 0 where the sum of channel 0 is 0; "
        f"hardware has one bit for -1 and +1: {SIGN_ADVICE}",
    )
    model = File(4)
    out = model.node("MatMul", model.node("Sign", "x", name="act"), signs(4, 2))
    refuses(
        model,
        out,
        f"layer 'act': is a plain Sign on an input that can be 0; {SIGN_ADVICE}",
    )


def test_sign_of_weights_may_be_zero() -> None:
    model = File(3)
    network = agrees(model, model.node("MatMul", model.bipolar("x"), model.node("Sign", WEIGHTS.T / 7)))
    assert layer_weights(network.layers[0]).tolist() == np.sign(WEIGHTS).astype(int).tolist()


def test_weights_on_ties_follow_the_rounding_mode() -> None:
    for mode in MODES:
        model = File(3)
        w = model.quant(np.array([[0.25, -0.25], [0.75, -0.75], [1.25, -0.5]]), 0.5, 3.0, rounding_mode=mode)
        agrees(model, model.node("MatMul", model.bipolar("x"), w))


ACCEPTED = "ROUND, HALF_EVEN, CEIL, FLOOR, UP, DOWN, ROUND_TO_ZERO, HALF_UP, HALF_DOWN"


@pytest.mark.parametrize(
    ("scale", "bits", "attributes", "problem"),
    [
        (0.0, 3.0, {}, "has a scale of 0"),
        ([[0.5, 0.0, 1.0]], 3.0, {}, "has a scale of 0"),
        (np.nan, 3.0, {}, "nan is not a finite number"),
        (0.5, 2.5, {}, "has as bit width 2.5; accepted is one whole number from 1 to 8"),
        (0.5, 0.0, {}, "has as bit width 0; accepted is one whole number from 1 to 8"),
        (0.5, 33.0, {}, "has as bit width 33; accepted is one whole number from 1 to 8"),
        (
            0.5,
            [2.0, 3.0],
            {},
            "has as bit width numbers of shape (2,); accepted is one whole number from 1 to 8",
        ),
        (0.5, 1.0, {"signed": 0, "narrow": 1}, "has only one level"),
        (0.5, 3.0, {"rounding_mode": "STOCHASTIC"}, f"has rounding mode STOCHASTIC; accepted are {ACCEPTED}"),
    ],
)
def test_quantizers_that_are_refused(
    scale: object, bits: object, attributes: dict[str, Any], problem: str
) -> None:
    model = File(3)
    out = model.quant("x", scale, bits, name="q", **attributes)
    refuses(model, out, f"layer 'q': Quant {problem}")
    model = File(3)
    out = model.node(
        "MatMul", model.bipolar("x"), model.quant(WEIGHTS.T[:, :3], scale, bits, name="q", **attributes)
    )
    refuses(model, out, f"layer 'q': Quant {problem}".replace("1 to 8", "1 to 32"))


@pytest.mark.parametrize("bits", [9.0, 16.0])
def test_only_constants_have_more_than_8_bits(bits: float) -> None:
    """A bias may have them, weights and activations not."""
    model = File(3)
    refuses(
        model,
        model.quant("x", 0.5, bits, name="q"),
        f"layer 'q': Quant has as bit width {bits:g}; accepted is one whole number from 1 to 8",
    )
    model = File(3)
    bias = model.quant(np.array([100.25, -99.75, 7, 0.3]), 0.5, bits)
    agrees(model, model.node("Gemm", model.bipolar("x"), WEIGHTS.T, bias))
    model = File(3)
    wide = model.quant(WEIGHTS.T * 200 + 1, 0.5, 16.0)
    refuses(
        model,
        model.node("MatMul", model.bipolar("x"), wide, name="m"),
        "layer 'm': MatMul has weights that are not integers of at most 8 bits, times one number for each "
        "output: output 0 has 3 different weights, such as 201 and -399; an exporter that folds constants or a "
        "batch norm into quantised weights rounds them to single precision: export without (torch.onnx.export "
        "with optimize=False; by the old exporter with do_constant_folding=False and "
        "training=TrainingMode.PRESERVE)",
    )
    model = File(3)
    agrees(model, model.node("MatMul", model.bipolar("x"), model.quant(WEIGHTS.T * 200, 0.5, 16.0)))


@pytest.mark.parametrize("narrow", [0, 1])
def test_one_signed_bit_is_refused(narrow: int) -> None:
    """Tools read it as {-1, 0}, as {-1, +1} or not at all."""
    model = File(3)
    refuses(
        model,
        model.quant("x", 1.0, 1.0, name="q", narrow=narrow),
        "layer 'q': Quant has only one signed bit, which tools read differently; use BipolarQuant",
    )


@pytest.mark.parametrize("bad", [np.nan, np.inf])
def test_weights_that_are_no_numbers_are_refused(bad: float) -> None:
    weights = WEIGHTS.T.copy()
    weights[1, 2] = bad
    for op, more in (("BipolarQuant", [1.0]), ("Quant", [0.5, 0.0, 3.0]), ("Sign", [])):
        model = File(3)
        w = model.node(op, weights, *more, name="w")
        out = model.node("MatMul", model.bipolar("x"), w)
        refuses(model, out, f"layer 'w': {op} {bad} is not a finite number")


def test_bipolar_quant_with_a_scale_of_zero() -> None:
    model = File(3)
    refuses(model, model.bipolar("x", 0.0, name="q"), "layer 'q': BipolarQuant has a scale of 0")


def test_a_scale_along_the_frames_is_refused() -> None:
    model = File(3)
    refuses(
        model,
        model.quant("x", [[0.5], [0.25], [1.0]], 3.0, name="q"),
        "layer 'q': Quant has parameters of shape (3, 1) for a tensor of shape (1, 3); "
        "accepted are one number, or one for each channel",
    )


def test_a_computed_scale_is_refused() -> None:
    model = File(3)
    refuses(
        model,
        model.quant("x", model.bipolar("x", name="b"), 3.0, name="q"),
        "layer 'q': Quant takes a constant as its scale, not the computed tensor 'b'",
    )


def test_missing_inputs_are_refused() -> None:
    model = File(3)
    refuses(model, model.node("Quant", "x", 0.5, name="q"), "layer 'q': Quant lacks its input 2")


def test_threshold_tables_that_are_refused() -> None:
    for table in (np.zeros(3), np.zeros((3, 256)), np.zeros((3, 0)), np.zeros((3, 1, 1))):
        model = File(3)
        refuses(
            model,
            model.node("MultiThreshold", "x", table, name="act"),
            f"layer 'act': MultiThreshold takes 1 to 255 thresholds a channel, not a table of shape {table.shape}",
        )
    model = File(3)
    refuses(
        model,
        model.node("MultiThreshold", "x", np.zeros((2, 1)), name="act"),
        "layer 'act': MultiThreshold has thresholds for 2 channels, but the input has 3",
    )
    model = File(3)
    refuses(
        model,
        model.node("MultiThreshold", "x", [[np.nan]], name="act"),
        "layer 'act': MultiThreshold nan is not a finite number",
    )


def test_another_data_layout_is_refused() -> None:
    model = File(2, 2, 2)
    refuses(
        model,
        model.node("MultiThreshold", "x", [[0.0], [1.0]], name="act", data_layout="NHWC"),
        "layer 'act': MultiThreshold has data layout NHWC; accepted are channels on axis 1 (NCHW)",
    )


def test_a_zero_point_that_is_computed() -> None:
    """A single number without axes."""
    model = File(3)
    zero = model.node("Mul", 0.5, 2.0)
    agrees(model, model.node("MatMul", model.node("Quant", "x", 0.5, zero, 4.0), np.eye(3)))

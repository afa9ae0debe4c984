"""Gemm and MatMul in every form that exporters write."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from support.narrow import of_type, present
from support.networks import layer_weights
from support.onnx_files import agrees, refuses, weights_of

from bnngen.ops.dense import Dense
from tests.frontend.onnx_file import File

INTEGERS = np.array([[1.0, -2.0, 3.0], [0.0, 1.0, -1.0]])


@pytest.mark.parametrize("alpha", [1.0, 0.5, -2.0])
@pytest.mark.parametrize("beta", [1.0, -0.25, 0.0])
@pytest.mark.parametrize("transposed", [0, 1])
@pytest.mark.parametrize("bias", [None, [0.5, -1.5], [[0.5, -1.5]], 0.75, [0.0, 0.0]])
def test_gemm(alpha: float, beta: float, transposed: int, bias: object) -> None:
    model = File(3)
    weights = INTEGERS if transposed else INTEGERS.T
    inputs = [model.bipolar("x"), weights] + ([] if bias is None else [np.array(bias)])
    out = model.node("Gemm", *inputs, alpha=alpha, beta=beta, transB=transposed)
    network = agrees(model, out)
    assert layer_weights(network.layers[0]).tolist() == INTEGERS.astype(int).tolist()


def test_gemm_by_its_defaults_and_with_an_empty_bias() -> None:
    model = File(3)
    agrees(model, model.node("Gemm", model.bipolar("x"), INTEGERS.T))
    model = File(3)
    model.node("Gemm", model.bipolar("x"), INTEGERS.T)
    model.nodes[-1].input.append("")
    agrees(model, "t1_0")


def test_gemm_in_the_middle() -> None:
    model = File(3)
    hidden = model.node("Gemm", model.bipolar("x"), INTEGERS, [0.5, 1.0], alpha=-0.5, beta=2.0, transB=1)
    agrees(model, model.node("Gemm", model.bipolar(hidden), [[1.0, 2.0], [-1.0, 1.0]]))


def test_matmul_with_plain_and_transposed_weights() -> None:
    model = File(3)
    agrees(model, model.node("MatMul", model.bipolar("x"), INTEGERS.T))
    model = File(3)
    turned = model.node("Transpose", INTEGERS, perm=[1, 0])
    agrees(model, model.node("MatMul", model.bipolar("x"), turned))
    model = File(3)
    turned = model.node("Transpose", INTEGERS)
    agrees(model, model.node("MatMul", model.bipolar("x"), turned))


@pytest.mark.parametrize("scale", [0.25, [[0.25]], [[0.25], [-0.5]], [[-1.0], [-1.0]]])
@pytest.mark.parametrize("form", ["gemm", "transpose", "matmul"])
def test_weights_behind_a_bipolar_quantizer(scale: object, form: str) -> None:
    """The scales stand beside the outputs, wherever the file's form has that axis."""
    weights, scales = np.array([[0.5, -0.1, 0.0], [-3.0, 2.0, -0.0]]), np.array(scale)
    model = File(3)
    x = model.bipolar("x")
    if form == "gemm":
        out = model.node("Gemm", x, model.bipolar(weights, scales), transB=1)
    elif form == "transpose":
        out = model.node("MatMul", x, model.node("Transpose", model.bipolar(weights, scales), perm=[1, 0]))
    else:
        out = model.node("MatMul", x, model.bipolar(weights.T, scales.T))
    assert layer_weights(agrees(model, out).layers[0]).tolist() == [[1, -1, 1], [-1, 1, 1]]


@pytest.mark.parametrize("form", ["gemm", "transpose"])
def test_weights_behind_a_quantizer_with_one_scale_for_each_output(form: str) -> None:
    weights = np.array([[0.6, -0.3, 0.1], [-9.0, 2.6, 9.0], [0.0, 0.25, -0.75]])
    scales = np.array([[0.25], [1.0], [-0.5]])
    model = File(3)
    w = model.quant(weights, scales, 3.0, narrow=1)
    x = model.quant("x", 0.5, 2.0)
    if form == "gemm":
        out = model.node("Gemm", x, w, [1.0, 2.0, 3.0], transB=1)
    else:
        out = model.node("MatMul", x, model.node("Transpose", w, perm=[1, 0]))
    hidden = model.bipolar(out)
    network = agrees(model, model.node("MatMul", hidden, [[1.0], [1.0], [-1.0]]))
    assert np.abs(layer_weights(network.layers[0])).max() == 3


def test_square_weights_do_not_hide_a_wrong_axis() -> None:
    weights = np.array([[1.0, -1.0], [1.0, 1.0]])
    model = File(2)
    agrees(
        model,
        model.node("Gemm", model.bipolar("x"), model.bipolar(weights, np.array([[0.5], [2.0]])), transB=1),
    )
    for scale, transposed in (([[0.5, 2.0]], 1), ([0.5, 2.0], 1), ([[0.5], [2.0]], 0)):
        model = File(2)
        w = model.bipolar(weights, np.array(scale))
        out = model.node("Gemm", model.bipolar("x"), w, transB=transposed, name="fc")
        refuses(
            model,
            out,
            f"layer 'fc': Gemm has weight scales of shape {np.shape(scale)}; "
            "accepted are one scale, or one for each output",
        )


def test_one_weight_tensor_for_two_layers() -> None:
    model = File(2)
    w = model.bipolar(np.array([[1.0, -1.0], [1.0, 1.0]]), 0.5)
    first = model.node("Gemm", model.bipolar("x"), w, transB=1)
    agrees(model, model.node("Gemm", model.bipolar(first), w, transB=0))


def test_single_output_and_single_input() -> None:
    model = File(1)
    first = model.node("Gemm", model.bipolar("x"), np.array([[1.0], [-1.0], [1.0]]), transB=1)
    agrees(
        model, model.node("Gemm", model.bipolar(first), model.bipolar([[1.0, -1.0, 1.0]], [[3.0]]), transB=1)
    )


@pytest.mark.parametrize("dtype", [np.int8, np.float16, np.int64])
def test_integer_weights_in_other_number_formats(tmp_path: Path, dtype: type) -> None:
    model = File(3)
    path = model.save(
        tmp_path / "model.onnx", model.node("MatMul", model.bipolar("x"), INTEGERS.T.astype(dtype))
    )
    assert weights_of(path) == [INTEGERS.tolist()]


def test_a_huge_bias_is_kept_exactly() -> None:
    model = File(3)
    out = model.node("Gemm", model.bipolar("x"), INTEGERS, [2.0**40, -(2.0**40)], transB=1)
    network = agrees(model, model.node("MatMul", model.bipolar(out), [[1.0], [2.0]]))
    assert present(of_type(Dense, network.layers[0].op).activation).thresholds.tolist() == [[-6], [3]]


TOO_WIDE = (
    "has weights that are not integers of at most 8 bits, times one number for each output: output 0 has 3 "
    "different weights, such as {} and {}; {}"
)
PLAIN = "quantise the model first (BipolarQuant or Quant on the weights, or a sign in the network)"
FOLDED = (
    "an exporter that folds constants or a batch norm into quantised weights rounds them to single precision: "
    "export without (torch.onnx.export with optimize=False; by the old exporter with do_constant_folding=False "
    "and training=TrainingMode.PRESERVE)"
)


@pytest.mark.parametrize(
    ("op", "weights", "attributes", "problem"),
    [
        ("MatMul", [[1.0, 1], [300, 1], [301, 0]], {}, TOO_WIDE.format(1, 300, FOLDED)),
        ("MatMul", [[0.1, 1], [0.2, 1], [0.3, 0]], {}, TOO_WIDE.format(0.1, 0.2, FOLDED)),
        ("Gemm", INTEGERS.T, {"transA": 1}, "with transA = 1 would mix the frames of a batch"),
        ("Gemm", INTEGERS, {}, "takes 2 features, not a tensor of shape (3,)"),
        ("MatMul", INTEGERS, {}, "takes 2 features, not a tensor of shape (3,)"),
        ("MatMul", INTEGERS[0], {}, "takes weights of two axes, not of shape (3,)"),
        ("MatMul", INTEGERS.T[None], {}, "takes weights of two axes, not of shape (1, 3, 2)"),
    ],
)
def test_weights_that_are_refused(
    op: str, weights: np.ndarray, attributes: dict[str, Any], problem: str
) -> None:
    model = File(3)
    out = model.node(op, model.bipolar("x"), weights, name="fc", **attributes)
    refuses(model, out, f"layer 'fc': {op} {problem}")


def test_nan_and_infinite_weights_are_refused() -> None:
    for bad in (np.nan, np.inf):
        weights = INTEGERS.T.copy()
        weights[0, 0] = bad
        model = File(3)
        refuses(
            model,
            model.node("MatMul", model.bipolar("x"), weights, name="fc"),
            f"layer 'fc': MatMul {bad} is not a finite number",
        )


def test_a_bias_behind_a_quantizer() -> None:
    model = File(3)
    bias = model.quant(np.array([0.3, -7.0]), 0.25, 4.0, zero=1.0)
    agrees(model, model.node("Gemm", model.bipolar("x"), INTEGERS.T, bias))


def test_a_nan_bias_is_refused() -> None:
    model = File(3)
    out = model.node("Gemm", model.bipolar("x"), INTEGERS.T, [0.0, np.nan], name="fc")
    refuses(model, out, "layer 'fc': Gemm nan is not a finite number")


@pytest.mark.parametrize("zero", [1.0, -0.5, 3.25])
def test_weights_with_a_zero_point_are_other_integers(zero: float) -> None:
    model = File(3)
    out = model.node("Gemm", model.bipolar("x"), model.quant(INTEGERS.T, 0.25, zero=zero), name="fc")
    agrees(model, out)


def test_products_of_the_wrong_sides_are_refused() -> None:
    model = File(3)
    out = model.node("MatMul", INTEGERS, model.bipolar("x"), name="fc")
    refuses(model, out, "layer 'fc': MatMul takes a computed tensor on its left and weights on its right")
    model = File(3)
    x = model.bipolar("x")
    refuses(
        model,
        model.node("Gemm", x, x, name="fc"),
        "layer 'fc': Gemm takes a constant as its weights, not the computed tensor 'BipolarQuant0'",
    )


@pytest.mark.parametrize("shape", [(3,), (2, 3), (1, 2, 3)])
def test_a_product_is_along_the_last_axis(shape: tuple[int, ...]) -> None:
    model = File(*shape)
    agrees(model, model.node("MatMul", model.bipolar("x"), INTEGERS.T[:3]))


def test_an_image_must_be_flattened_in_front_of_a_gemm() -> None:
    model = File(1, 2, 3)
    out = model.node("Gemm", model.bipolar("x"), INTEGERS.T, name="fc")
    refuses(
        model,
        out,
        "layer 'fc': Gemm takes a tensor of shape (N, features), not (1, 1, 2, 3); flatten it first",
    )


@pytest.mark.parametrize("shape", [(3,), (1, 3), (1,), (), (1, 1)])
def test_a_bias_broadcasts_along_the_rows(shape: tuple[Any, ...]) -> None:
    model = File(4)
    bias = np.arange(1.0, 1 + np.prod(shape)).reshape(shape) / 4
    agrees(model, model.node("Gemm", model.bipolar("x"), np.ones((4, 3)), bias, beta=-0.5))


@pytest.mark.parametrize("shape", [(3, 1), (2, 3), (1, 1, 3), (4,)])
def test_a_bias_of_each_frame_is_refused(shape: tuple[Any, ...]) -> None:
    """(3, 1) would be one number for each of three frames, (3,) one for each output."""
    model = File(4)
    bias = np.arange(1.0, 1 + np.prod(shape)).reshape(shape)
    refuses(
        model,
        model.node("Gemm", model.bipolar("x"), np.ones((4, 3)), bias, name="fc"),
        f"layer 'fc': Gemm has parameters of shape {shape} for a tensor of shape (1, 3); accepted are one number, "
        "or one for each channel",
    )


@pytest.mark.parametrize("shape", [(4, 0), (0, 3)])
def test_weights_that_are_none_are_refused(shape: tuple[Any, ...]) -> None:
    model = File(4)
    output = model.node("MatMul", model.bipolar("x"), model.bipolar(np.zeros(shape)), name="fc")
    refuses(model, output, f"layer 'fc': MatMul has weights of shape {shape}, which are none")

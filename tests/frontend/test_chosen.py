"""What a file leaves open, chosen: where the network ends, and what a Sign gives at 0."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from onnx import helper

import bnngen
from bnngen.base.errors import ModelError, UsageError
from bnngen.frontend.choices import ImportChoices
from bnngen.frontend.chosen import chosen, quant_attributes
from bnngen.import_check.check import check_import
from bnngen.numbers.datatypes import IntType
from bnngen.reference.network import Network
from tests.frontend.onnx_file import File


def exact(network: Network, x: np.ndarray) -> np.ndarray:
    """The real outputs; the network agrees with its own file."""
    found = check_import(network, x)
    assert (found.differing, found.undecided) == (0, 0), found
    return network.host.real_outputs(bnngen.golden(network, x))


def two_heads() -> tuple[File, str, str]:
    model = File(4)
    hidden = model.bipolar(model.node("MatMul", model.bipolar("x"), np.ones((4, 3)), name="fc"), name="act")
    return (
        model,
        model.node("MatMul", hidden, np.ones((3, 2)), name="scores"),
        model.node("Elu", hidden, name="strange"),
    )


def test_the_network_ends_where_it_is_cut(tmp_path: Path) -> None:
    model, scores, strange = two_heads()
    path, x = model.save(tmp_path / "m.onnx", scores, strange), np.eye(4) - 0.5
    with pytest.raises(
        ModelError, match=rf"2 outputs, '{scores}' and '{strange}', not one: say which with --cut-at"
    ):
        bnngen.load(path)
    for name in ("scores", scores):
        assert exact(bnngen.load(path, cut_at=name), x).shape == (4, 2)
    cut = bnngen.load(path, cut_at="act")
    assert cut.layers[-1].name == "fc"
    assert exact(cut, x).shape == (4, 3)
    assert cut.source is not None
    (tmp_path / "again.onnx").write_bytes(cut.source.contents)
    assert exact(bnngen.load(tmp_path / "again.onnx"), x).tolist() == exact(cut, x).tolist()


def test_there_must_be_such_a_place(tmp_path: Path) -> None:
    model, scores, strange = two_heads()
    path = model.save(tmp_path / "m.onnx", scores, strange)
    with pytest.raises(
        UsageError, match=rf"no node and no tensor 'fc9'; it ends in '{scores}' and '{strange}'$"
    ):
        bnngen.load(path, cut_at="fc9")
    with pytest.raises(UsageError, match=r"the node at which to cut has a name"):
        bnngen.load(path, cut_at="")
    split = File(4)
    split.node("Split", split.bipolar("x"), outputs=2, axis=1, name="half")
    path = split.save(tmp_path / "split.onnx", "t1_0")
    with pytest.raises(
        UsageError, match=r"the node 'half' makes 't1_0' and 't1_1': name one of these tensors instead"
    ):
        bnngen.load(path, cut_at="half")


def test_nodes_without_a_name_keep_what_they_are_called(tmp_path: Path) -> None:
    model = File(4)
    hidden = model.bipolar(model.node("MatMul", model.bipolar("x"), np.ones((4, 3)), name=""), name="")
    path = model.save(tmp_path / "m.onnx", model.node("MatMul", hidden, np.ones((3, 2)), name=""))
    assert [layer.name for layer in bnngen.load(path).layers] == ["MatMul_1", "MatMul_3"]
    assert [layer.name for layer in bnngen.load(path, cut_at="MatMul_1").layers] == ["MatMul_1"]


def with_signs(shape: int = 4, quantized: bool = False) -> tuple[File, str]:
    """Sums of four signs are often 0."""
    model = File(shape)
    x = model.bipolar("x") if quantized else model.node("Sign", "x", name="in")
    weights = model.node("Sign", np.array([[1.0, -2, 0], [3, 0, 1], [1, 1, -1], [-1, 1, 1]]), name="w")
    hidden = model.node("Sign", model.node("MatMul", x, weights, name="fc"), name="act")
    return model, model.node("MatMul", hidden, np.array([[1.0, -1], [1, 1], [-1, 1]]), name="out")


X = np.array(np.meshgrid([-1.0, 0, 5e-324], [0.0, 1], [-2.0, 0], [0.0, 3])).reshape(4, -1).T


@pytest.mark.parametrize(("sign", "at_zero"), [("plus", 1), ("minus", -1), ("zero", 0)])
def test_a_sign_of_zero(tmp_path: Path, sign: str, at_zero: int) -> None:
    model, output = with_signs()
    network = bnngen.load(model.save(tmp_path / "m.onnx", output), sign_of_zero=sign)

    def signs(v: np.ndarray) -> np.ndarray:
        return np.where(v == 0, at_zero, np.sign(v))

    weights = signs(np.array([[1.0, -2, 0], [3, 0, 1], [1, 1, -1], [-1, 1, 1]]))
    wanted = signs(signs(X) @ weights) @ np.array([[1.0, -1], [1, 1], [-1, 1]])
    np.testing.assert_array_equal(exact(network, X), wanted)
    assert (
        str(network.quantizer.type) == {"plus": "bipolar", "minus": "uint1 0..1", "zero": "int2 -1..1"}[sign]
    )
    assert network.source is not None
    (tmp_path / "again.onnx").write_bytes(network.source.contents)
    np.testing.assert_array_equal(exact(bnngen.load(tmp_path / "again.onnx"), X), wanted)
    again = bnngen.load(tmp_path / "again.onnx", sign_of_zero=sign).source
    assert again is not None
    assert again.contents == network.source.contents
    other = "zero" if sign == "plus" else "plus"
    with pytest.raises(
        UsageError, match=rf"says that its sign of zero is {sign}, and --sign-of-zero {other}"
    ):
        bnngen.load(tmp_path / "again.onnx", sign_of_zero=other)


def test_without_it_a_sign_that_meets_zero_is_refused(tmp_path: Path) -> None:
    for quantized, message in (
        (False, "'in': is a plain Sign on an input that can be 0"),
        (True, "'act': is a plain S"),
    ):
        model, output = with_signs(quantized=quantized)
        path = model.save(tmp_path / "m.onnx", output)
        with pytest.raises(
            ModelError, match=rf"layer {message}.*--sign-of-zero plus .*minus: -1, zero: 0 as ONNX"
        ):
            bnngen.load(path)


def test_files_with_another_word_are_refused(tmp_path: Path) -> None:
    model, output = with_signs()
    path = model.save(
        tmp_path / "m.onnx",
        output,
        change=lambda m: helper.set_model_props(m, {"bnngen.sign_of_zero": "both"}),
    )
    with pytest.raises(
        ModelError, match=r"is 'both' in the file's metadata; accepted are plus, minus and zero$"
    ):
        bnngen.load(path)
    with pytest.raises(UsageError, match=r"the sign of zero is plus, minus, zero, not 'both'"):
        bnngen.load(path, sign_of_zero="both")


def test_nothing_chosen_changes_nothing() -> None:
    model = File(4)
    proto = model.proto(model.bipolar("x"))
    assert chosen(proto, ImportChoices()) is proto


@pytest.mark.parametrize(
    ("ends", "wanted"),
    [
        ((0, 1), (1, False, False)),
        ((-1, 1), (2, True, True)),
        ((-2, 1), (2, True, False)),
        ((0, 255), (8, False, False)),
        ((0, 254), (8, False, True)),
        ((-127, 127), (8, True, True)),
        ((0, 5), None),
        ((1, 2), None),
        ((0, 256), None),
    ],
)
def test_the_quantisers_that_have_just_these_codes(ends: tuple[int, int], wanted: object) -> None:
    assert quant_attributes(IntType(*ends)) == wanted

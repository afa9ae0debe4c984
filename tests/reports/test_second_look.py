"""What a person should look at twice: said once, in one line, and never of what is in order."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest
from support.networks import make_network

import bnngen
from bnngen.ir.window import Window
from bnngen.numbers.datatypes import BIPOLAR, IntType
from bnngen.numbers.exact import exact_array
from bnngen.ops.conv2d import Conv2d
from bnngen.ops.dense import Dense
from bnngen.ops.threshold import Threshold
from bnngen.reference.data_file import Data, load_data
from bnngen.reference.input_quantizer import Quantizer
from bnngen.reference.network import Host, NamedLayer, Network
from bnngen.reports.second_look import (
    FEW,
    LOOKED_AT,
    Activity,
    at_a_run,
    beyond_the_range,
    constant_channels,
    fast_clock,
    labels_outside,
    missing_classes,
    no_better_than_chance,
    nothing_learned,
    one_sided_codes,
)
from bnngen_boards.profile import board_names, load_board

RANDOM = np.random.default_rng(0)


def test_codes_on_one_side() -> None:
    codes = np.full((FEW, 3), -1)
    assert one_sided_codes(codes) == (
        "all inputs become the code -1: they lie on one side of every threshold of the input quantiser; is an x_scale "
        "missing, or another range meant?"
    )
    assert one_sided_codes(codes[:-1]) is None
    codes[FEW - 1, 2] = 1
    assert one_sided_codes(codes) is None


def eight_bits(mul: Fraction, type_: IntType = IntType(0, 255)) -> Network:  # noqa: B008 - frozen
    quantizer = Quantizer(exact_array(mul), exact_array(0), "half_even", type_)
    layer = NamedLayer("fc", Dense(np.ones((2, 4), int), type_))
    return Network((4,), quantizer, (layer,), Host(exact_array(1), exact_array(0)))


def test_inputs_beyond_the_range() -> None:
    """Bytes where the network takes 0 to 1, with and without their x_scale; zeros are a background."""
    network, x = eight_bits(Fraction(255)), RANDOM.integers(0, 256, (100, 4), np.uint8)
    x[:, :2] = 0
    found = beyond_the_range(x, 1.0, network)
    assert found is not None
    assert found.startswith(
        "100 % of the inputs (the commonest value aside) lie beyond the range of the input quantiser"
    )
    assert "they reach from 0 to 255; is an x_scale missing?" in found
    assert beyond_the_range(x, 1 / 255, network) is None
    assert beyond_the_range(x.astype(float), 1 / 100, network) is None
    assert beyond_the_range(x, 1.0, eight_bits(Fraction(1))) is None
    assert beyond_the_range(x[:, :1].repeat(4, axis=1), 1.0, network) is None
    assert beyond_the_range(x[: FEW - 1], 1.0, network) is None
    assert beyond_the_range(x, 1.0, eight_bits(Fraction(255), BIPOLAR)) is None


def test_labels_outside() -> None:
    assert labels_outside(np.array([0, 9, 3]), 10) is None
    assert labels_outside(np.array([0, 10, -1]), 10) == (
        "2 of 3 labels are no class of the network, which has 10 outputs; the first is 10, of frame 1"
    )


def test_missing_classes() -> None:
    labels = np.arange(100) % 5
    assert missing_classes(labels, 5) is None
    assert missing_classes(labels[:99], 5) is missing_classes(np.zeros(99, int), 5) is None
    assert missing_classes(np.where(labels == 3, 0, labels), 5) == (
        "no frame of 100 has label 3, though the network has an output for each class"
    )
    assert missing_classes(np.array([0, 5, 1000]), 1001, enough=0) == (
        "no frame of 3 has one of 998 labels, 1 first, though the network has an output for each class"
    )


def test_answers_no_better_than_chance() -> None:
    labels = np.arange(200) % 4
    assert no_better_than_chance(labels, labels) is None
    assert no_better_than_chance(np.full(200, 2), labels) == "the network answers class 2 to all 200 frames"
    assert no_better_than_chance(np.arange(200) // 4 % 4, labels) == (
        "25.0 % of 200 frames are right, no more than by chance: class 0 for all of them would be 25.0 %"
    )
    assert no_better_than_chance(np.full(FEW - 1, 2), labels[: FEW - 1]) is None
    assert no_better_than_chance(np.zeros(200, int), np.zeros(200, int)) is None
    mostly = np.where(labels == 0, 0, 1)
    answers = mostly.copy()
    answers[:40] = 1 - answers[:40]
    assert no_better_than_chance(answers, mostly) == (
        "80.0 % of 200 frames are right, no more than by chance: class 1 for all of them would be 75.0 %"
    )
    answers[:20] = mostly[:20]
    assert no_better_than_chance(answers, mostly) is None


def test_nothing_learned() -> None:
    labels = np.arange(1000) % 10
    assert nothing_learned(0.2, labels) is None
    assert nothing_learned(0.11, labels) == (
        "nothing was learned: in no epoch more than 11.0 % of the training samples were right, no more than by chance: "
        "class 0 for all of them would be 10.0 %; try another train.learning_rate"
    )


def with_rows(thresholds: list[int]) -> Dense:
    """Rows of four bipolar inputs, from -4 to 4, each with a threshold."""
    table = np.array(thresholds)[:, None]
    activation = Threshold(table, np.zeros(len(table), bool), BIPOLAR)
    return Dense(np.ones((len(table), 4), int), BIPOLAR, activation)


def test_thresholds_that_are_always_or_never_reached() -> None:
    assert constant_channels(with_rows([-5, -4, -3, 4, 5])).tolist() == [True, True, False, False, True]
    assert constant_channels(Dense(np.ones((2, 4), int), BIPOLAR)).tolist() == [False, False]


def watched(network: Network, codes: np.ndarray, batch: int = 50) -> str | None:
    activity = Activity()
    network.run(codes, batch=batch, watch=activity)
    return activity.dead_layers(network)


def sign_network(*layers: Dense | Conv2d, shape: tuple[int, ...] = (4,)) -> Network:
    quantizer = Quantizer(exact_array(1), exact_array(0), "sign", BIPOLAR)
    named = tuple(NamedLayer(f"layer{k}", op) for k, op in enumerate(layers))
    return Network(shape, quantizer, named, Host(exact_array(1), exact_array(0)))


CODES = RANDOM.choice([-1, 1], (400, 4))


def test_dead_layers() -> None:
    last = Dense(np.ones((3, 4), int), BIPOLAR)
    assert watched(sign_network(with_rows([0, 0, 2, 5]), last), CODES) == (
        f"outputs that are the same for all of {LOOKED_AT} frames: 1 of 4 in layer 'layer0'"
    )
    assert (
        watched(sign_network(with_rows([0] * 7 + [5]), Dense(np.ones((3, 8), int), BIPOLAR)), CODES) is None
    )
    assert watched(sign_network(with_rows([0, 0, 2, 2]), last), CODES) is None
    # what depends on the frames: the first two inputs are always the same
    codes = CODES.copy()
    codes[:, :2] = 1
    narrow = replace(with_rows([0, 0]), weights=np.array([[1, 1, 0, 0], [0, 0, 1, 1]]))
    network = sign_network(narrow, Dense(np.array([[1, 1]]), BIPOLAR))
    assert watched(network, codes) == (
        f"outputs that are the same for all of {LOOKED_AT} frames: 1 of 2 in layer 'layer0'"
    )
    assert watched(network, codes[: FEW - 1]) is None
    assert watched(network, codes[:FEW], batch=7) == (
        f"outputs that are the same for all of {FEW} frames: 1 of 2 in layer 'layer0'"
    )


def test_only_the_first_layer_that_says_nothing_is_named() -> None:
    network = sign_network(with_rows([5, 5, 5, -4]), with_rows([0] * 4), Dense(np.ones((3, 4), int), BIPOLAR))
    assert watched(network, CODES) == (
        f"outputs that are the same for all of {LOOKED_AT} frames: 4 of 4 in layer 'layer0'"
    )


def test_a_channel_of_a_map_is_dead_if_no_position_changes() -> None:
    """Its border differs from its middle in every frame alike."""
    weights = np.stack([np.zeros(3, int), np.ones(3, int)])
    window = Window((3,), (1,), (1,), (1,), (1,))
    conv = Conv2d(weights, window, (4,), IntType(-1, 1), 1, 0)
    network = replace(
        sign_network(conv, shape=(4, 1)), quantizer=eight_bits(Fraction(1), IntType(-1, 1)).quantizer
    )
    assert watched(network, CODES[..., None]) == (
        f"outputs that are the same for all of {LOOKED_AT} frames: 1 of 2 in layer 'layer0'"
    )


def test_a_cause_is_said_without_its_consequences() -> None:
    """Inputs that are all the same make dead layers and one answer too."""
    network, activity = sign_network(with_rows([0] * 4), Dense(np.eye(4, dtype=int), BIPOLAR)), Activity()
    codes, labels = np.ones((100, 4), int), np.arange(100) % 4
    y = network.run(codes, watch=activity)
    found = at_a_run(network, Data(codes, labels), y, activity)
    assert len(found) == 1
    assert found[0].startswith("all inputs become the code 1")


def test_a_clock_far_above_what_was_routed() -> None:
    assert fast_clock(load_board("icebreaker"), 65) is None
    assert fast_clock(load_board("icebreaker"), 70) == (
        "70 MHz is far above 43.7 MHz, the fastest clock that such a design is known to have reached on iCE40UP5K: the "
        "timing will hardly be met"
    )
    assert fast_clock(load_board("ice40_hx8k_b_evn"), 160) is None
    assert "187.5 MHz" in (fast_clock(load_board("ulx3s_85f"), 300) or "")
    unknown = load_board("icebreaker").model_copy(update={"device": "iCE40LP1K"})
    assert fast_clock(unknown, 1000) is None


@pytest.mark.parametrize("name", board_names())
def test_the_boards_own_clocks_are_in_order(name: str) -> None:
    board = load_board(name)
    assert board.fastest_routed_mhz is not None
    assert fast_clock(board, board.clock.default_mhz) is None


def look(model: Path, data: Path, frames: int | None = None) -> list[str]:
    network, activity = bnngen.load(model), Activity()
    loaded = load_data(data, network).first(frames)
    y = network.run(loaded.codes, watch=activity)
    return at_a_run(network, loaded, y, activity)


def test_the_example_is_in_order(digits: Path) -> None:
    assert look(digits / "digits_1w1a.onnx", digits / "digits_test.npz") == []


@pytest.mark.parametrize(
    ("model", "data", "frames"),
    [
        ("tfc_1w1a_mnist", "data/mnist_test_unit", None),
        ("tfc_2w2a_mnist", "data/mnist_test_unit", None),
        ("tfc_w1a1_finn_dialect", "data/mnist_test_255", None),
        ("lfc_w1a1_mnist", "data/mnist_test_flat", 300),
        ("cnv_w1a1_cifar10", "models/cnv_w1a1_cifar10_vectors", None),
    ],
)
def test_real_networks_are_in_order(shared: Path, model: str, data: str, frames: int | None) -> None:
    assert look(shared / "models" / f"{model}.onnx", shared / f"{data}.npz", frames) == []


@pytest.mark.parametrize(
    ("model", "data", "said"),
    [
        (
            "tfc_2w2a_mnist",
            "mnist_test_255",
            "100 % of the inputs (the commonest value aside) lie beyond the range",
        ),
        ("tfc_w1a1_finn_dialect", "mnist_test_unit", "all inputs become the code -1"),
    ],
)
def test_a_forgotten_scale(shared: Path, model: str, data: str, said: str) -> None:
    found = look(shared / "models" / f"{model}.onnx", shared / "data" / f"{data}.npz", 500)
    assert found[0].startswith(said)


def test_watching_costs_no_result() -> None:
    network = make_network(0, [20, 10, 4], ["bipolar"] * 2)
    codes = RANDOM.choice([-1, 1], (300, 20))
    assert np.array_equal(network.run(codes, watch=Activity()), network.run(codes))

"""Messages for what does not fit: the layers and memories in the way, by how much, and what would fit."""

import re
from fractions import Fraction

import numpy as np
import pytest
from support.networks import make_network

from bnngen.ir.window import Window
from bnngen.numbers.datatypes import BIPOLAR
from bnngen.numbers.exact import exact_array
from bnngen.ops.conv2d import Conv2d
from bnngen.reference.input_quantizer import Quantizer
from bnngen.reference.network import Host, NamedLayer, Network
from bnngen.schedule.budget import Rate
from bnngen.schedule.problem import Problem
from bnngen.schedule.reasons import link_alone, memory_alone, smallest_board, why_not
from bnngen_boards.profile import Board, load_board


def problem(network: Network, rate: Rate, board: Board) -> Problem:
    layers = [(layer.name, layer.op) for layer in network.layers]
    return Problem(layers, board, Fraction(str(board.clock.default_mhz)), rate)


def test_too_little_memory() -> None:
    network = make_network(0, [64, 2048, 64], ["bipolar", "bipolar"])
    assert why_not(problem(network, 100, load_board("icebreaker"))) == (
        "the network doesn't fit icebreaker: its weights are 262,144 bits; it needs 64 of 29 "
        "SB_RAM40_4K, 35 too many: layer 'fc0' 32 for its 131,072 weight bits, layer 'fc1' 32 for its 131,072 "
        "weight bits; use fewer channels, neurons or bits (the free SB_RAM40_4K hold 118,784 weight bits), or board "
        "colorlight_5a75b_r7_0, on which it fits"
    )


def test_too_many_frames() -> None:
    network = make_network(0, [256, 64, 10], ["bipolar", "bipolar"])
    message = why_not(problem(network, 2_000_000, load_board("icebreaker")))
    assert message.startswith(
        "that rate doesn't fit icebreaker at 30 MHz: it leaves 15 cycles a frame, and the"
    )
    assert "too many: layer 'fc0'" in message
    assert "ask for fewer frames, a faster clock (--clock) or board " in message


def test_a_serial_link_beyond_the_device() -> None:
    board = load_board("icebreaker")
    assert link_alone(board) == ""
    assert link_alone(load_board("zc706")) == ""
    few = board.resources.model_copy(update={"lut": 500})
    assert link_alone(board.model_copy(update={"resources": few})) == (
        "the network doesn't fit icebreaker: its serial link alone takes 500 of 500 LUTs and 460 of 5,280 "
        "flip-flops; take a larger device"
    )
    uart = board.uart.model_copy(update={"buffer_bytes": 30 * 512 + 1})  # type: ignore[union-attr]
    board = board.model_copy(update={"uart": uart})
    assert link_alone(board) == (
        "the network doesn't fit icebreaker: the buffer of its serial link (uart.buffer_bytes = 15,361) alone takes "
        "31 of 30 SB_RAM40_4K; give it a smaller buffer, or take a device with more block RAM"
    )


def test_lines_beyond_the_device() -> None:
    assert memory_alone(load_board("icebreaker"), 31).startswith(
        "the network doesn't fit icebreaker: with all weights in logic, the lines and queues between its layers and "
        "the serial link's buffer still take 31 of 30 SB_RAM40_4K; use fewer channels"
    )


def test_a_rate_of_less_than_a_cycle_fits_nowhere() -> None:
    network = make_network(0, [16, 4], ["bipolar"])
    message = why_not(problem(network, 1e12, load_board("icebreaker")))
    assert "it leaves less than 1 cycles a frame" in message
    assert message.endswith("or a board larger than those that bnngen knows")


def test_too_little_of_everything_names_the_worst() -> None:
    small = load_board("icebreaker").resources.model_copy(update={"lut": 1000, "ff": 900})
    board = load_board("icebreaker").model_copy(update={"resources": small})
    network = make_network(0, [512, 512, 512], ["bipolar", "bipolar"])
    message = why_not(problem(network, 100, board))
    assert re.search(
        r"it needs 1\d\d of 29 SB_RAM40_4K, \d+ too many: layer 'fc0' \d+ for its 262,144", message
    )


def test_too_few_luts() -> None:
    tiny = load_board("icebreaker").resources.model_copy(update={"lut": 550})
    board = load_board("icebreaker").model_copy(update={"resources": tiny})
    message = why_not(problem(make_network(0, [64, 64, 10], ["bipolar", "bipolar"]), 100, board))
    assert "of 50 LUTs" in message
    assert "SB_RAM40_4K, " not in message.split(";")[1]


def test_what_fits_only_the_whole_device_says_so() -> None:
    network = make_network(0, [64, 64, 10], ["bipolar", "bipolar"])
    board = load_board("icebreaker")
    fabric = board.fabric.model_copy(update={"routable_lut": 400})
    message = why_not(problem(network, None, board.model_copy(update={"fabric": fabric})))
    assert message.endswith("ask for a rate (--fps), or for the fastest on the whole device (--fps max)")


@pytest.mark.parametrize(
    ("sizes", "name"), [([64, 64, 10], "icebreaker"), ([64, 1024, 64], "colorlight_5a75b_r7_0")]
)
def test_the_smallest_board_is_found(sizes: list[int], name: str) -> None:
    found = smallest_board(problem(make_network(0, sizes, ["bipolar"] * 2), 100, load_board("zc706")))
    assert found is not None
    assert found.name == name


def test_a_layer_that_no_hardware_makes_so_fast() -> None:
    """A window is read row by row of its taps."""
    window = Window.plain((3, 3))
    conv = Conv2d(np.ones((2, 18), int), window, (8, 8), BIPOLAR)
    one, zero = exact_array(1), exact_array(0)
    layers = (NamedLayer("conv", conv),)
    network = Network((8, 8, 2), Quantizer(one, zero, "sign", BIPOLAR), layers, Host(one, zero))
    message = why_not(problem(network, 1_000_000, load_board("ulx3s_85f")))
    assert message.startswith(
        "that rate doesn't fit ulx3s_85f at 60 MHz: it leaves 60 cycles a frame, and the fastest design that "
        "fits the whole device takes 144 (416,667 frames/s); layer 'conv' takes at least 144 cycles a frame, "
        "however large it is built; ask for fewer frames"
    )


def test_what_fits_the_device_but_not_the_part_that_routes_well() -> None:
    """Its memory would do for that part: the LUTs won't, or the other way round."""
    whole = load_board("ulx3s_85f")
    board = whole.model_copy(update={"fabric": whole.fabric.model_copy(update={"routable_lut": 650})})
    asked = problem(make_network(0, [512, 256, 10], ["bipolar", "bipolar"]), None, board)
    assert asked.solution is None
    message = why_not(asked)
    assert message.startswith("the network doesn't fit the 150 LUTs of ulx3s_85f that route well; it needs ")
    assert "of 150 LUTs, " in message
    assert message.endswith("ask for a rate (--fps), or for the fastest on the whole device (--fps max)")

"""Fitting a network to a board: budgets, rates, and reasons why not."""

from math import floor
from pathlib import Path

import pytest
from support.networks import make_network

import bnngen
from bnngen.base.errors import BoardError, FitError
from bnngen.design import Design
from bnngen.reference.network import Network
from bnngen.schedule.budget import available, host_link
from bnngen.schedule.planner import plan
from bnngen_boards.profile import load_board


@pytest.fixture(scope="module")
def network(digits: Path) -> Network:
    return bnngen.load(digits / "digits_1w1a.onnx")


def test_default_stays_within_its_share_of_the_board(network: Network) -> None:
    board = load_board("icebreaker")
    total = plan(network, board).resources + host_link(board)
    assert total.lut <= 0.7 * available(board).lut
    assert total.bram <= available(board).bram


def test_max_is_at_least_as_fast_and_may_use_all(network: Network) -> None:
    board = load_board("icebreaker")
    default, fastest = Design(plan(network, board)), Design(plan(network, board, "max"))
    assert fastest.cycles_per_frame <= default.cycles_per_frame


@pytest.mark.parametrize("rate", [100, 10_000, 250_000])
def test_a_wanted_rate_is_reached_with_less_area(network: Network, rate: int) -> None:
    board = load_board("icebreaker")
    design = Design(plan(network, board, rate))
    assert design.fps >= rate
    assert design.schedule.resources.lut <= plan(network, board, "max").resources.lut


def test_the_same_request_has_the_same_answer(network: Network) -> None:
    board = load_board("ulx3s_85f")
    assert plan(network, board).options == plan(network, board).options


def test_the_clock_is_the_one_that_the_pll_makes(network: Network) -> None:
    schedule = plan(network, load_board("icebreaker"), clock_mhz=25)
    assert schedule.clock_mhz <= 25
    assert floor(schedule.clock_mhz) >= 24


def test_an_impossible_clock(network: Network) -> None:
    with pytest.raises(BoardError, match="MHz"):
        plan(network, load_board("icebreaker"), clock_mhz=5000)


def test_too_many_frames_names_the_fastest(network: Network) -> None:
    with pytest.raises(
        FitError,
        match=r"rate doesn't fit icebreaker at 30 MHz: it leaves 1 cycles a frame, and the fastest design",
    ):
        plan(network, load_board("icebreaker"), 20_000_000)


def test_a_network_that_is_too_large_names_its_largest_layer() -> None:
    network = make_network(0, [64, 2048, 64], ["bipolar", "bipolar"])
    with pytest.raises(
        FitError, match=r"doesn't fit icebreaker: its weights are 262,144 bits.*layer 'fc0' 32 for"
    ):
        plan(network, load_board("icebreaker"))

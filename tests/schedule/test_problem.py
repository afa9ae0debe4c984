"""A network to be fitted: what it may take, and whether that is enough."""

from dataclasses import replace
from fractions import Fraction

from support.networks import make_network

from bnngen.reference.network import Network
from bnngen.schedule.budget import Rate
from bnngen.schedule.problem import Problem
from bnngen_boards.profile import load_board


def problem(network: Network, rate: Rate, board: str = "icebreaker") -> Problem:
    layers = [(layer.name, layer.op) for layer in network.layers]
    return Problem(layers, load_board(board), Fraction(30), rate)


def test_the_solution_keeps_the_limit() -> None:
    network = make_network(0, [64, 32, 10], ["bipolar", "bipolar"])
    for rate in (1000, 100_000):
        asked = problem(network, rate)
        assert asked.solution is not None
        assert asked.limit is not None
        assert all(option.cycles <= asked.limit for option in asked.solution)
        assert asked.weight_bits == 64 * 32 + 32 * 10


def test_no_rate_that_fits_is_faster_than_the_fastest() -> None:
    network = make_network(0, [256, 64, 10], ["bipolar", "bipolar"])
    fastest = problem(network, "max").fastest
    assert fastest is not None
    assert problem(network, Fraction(30_000_000, fastest)).solution is not None
    assert problem(network, Fraction(30_000_000, fastest - 1)).solution is None


def test_a_network_beyond_all_memory_has_no_solution() -> None:
    asked = problem(make_network(0, [512, 512, 10], ["bipolar", "bipolar"]), None)
    assert asked.solution is asked.fastest is None


def test_beats_take_few_bytes_where_they_should() -> None:
    """Six bytes of 48 bits can be had; no beats of 50 bits come in six, the fewest are seven."""
    for elements, least in ((48, 6), (50, 7)):
        network = make_network(0, [elements, 32, 10], ["bipolar", "bipolar"])
        asked = replace(problem(network, None), most_bytes=6)
        lanes = {option.i_lanes for option in asked.options[0]}
        assert lanes
        assert all(-(-elements // k) * -(-k // 8) == least for k in lanes)
        assert len(asked.options[1]) == len(problem(network, None).options[1])

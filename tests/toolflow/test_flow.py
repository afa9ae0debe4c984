"""Every family has its commands, and every board a family."""

from __future__ import annotations

from typing import get_args

import pytest

from bnngen.toolflow.flow import FLOWS, flow_of, routing_of
from bnngen_boards.profile import Family, board_names, load_board


def test_every_family_has_a_flow() -> None:
    assert set(FLOWS) == set(get_args(Family))


@pytest.mark.parametrize("name", board_names())
def test_boards_route_if_their_family_does(name: str) -> None:
    board = load_board(name)
    assert (flow_of(board).routing is not None) == board.place_and_route


def test_the_kind_of_ice40_is_told_to_yosys() -> None:
    flow = FLOWS["ice40"]
    assert flow.command("iCE40UP5K") == "synth_ice40 -dff -device u -dsp"
    assert flow.command("iCE40HX8K") == "synth_ice40 -dff -device hx"
    assert "synth_ecp5" in FLOWS["ecp5"].command("LFE5U-85F")


def test_logs_are_named_after_the_programs() -> None:
    assert routing_of(load_board("icebreaker")).logs == ["nextpnr-ice40.log", "icepack.log"]

"""What yosys is told."""

from __future__ import annotations

import pytest

from bnngen.toolflow.flow import synthesis_script
from bnngen_boards.families import family
from bnngen_boards.profile import board_names, load_board


@pytest.mark.parametrize("name", board_names())
def test_the_script_holds_the_command_of_the_device(name: str) -> None:
    board = load_board(name)
    lines = synthesis_script(board, "read_verilog x.v", "x").splitlines()
    command = lines.index(f"{family(board.family).synthesis_command(board.device)} -top x")
    assert lines.index("read_verilog x.v") < command < lines.index("write_json x.json")

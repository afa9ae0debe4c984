"""What yosys is told for each board."""

from __future__ import annotations

from bnngen_boards.families import family
from bnngen_boards.profile import Board

TOP = "top"
"""The name of the whole design, and of its files."""

WRITE_NETLIST = """\
# where yosys lies on this machine is nothing of the design
setattr -mod -unset src =*
setattr -unset src =*/*
write_json {top}.json
"""
"""The yosys commands that write ``top``.json."""

_SCRIPT = f"""\
# without this abc9 can spend minutes proving its own result
scratchpad -set abc9.verify 0
scratchpad -copy abc9.script.flow3 abc9.script
{{read}}
hierarchy -top {{top}}
proc
# equal registers are merged, but these are copies so that none drives too many lanes
select -set copies */w:x_copy* %ci:+$dff[Q] */t:$dff %i
setattr -set keep 1 @copies
{{synth}} -top {{top}}
{WRITE_NETLIST}"""


def synthesis_script(board: Board, read: str, top: str) -> str:
    """The yosys script that reads a design with the command ``read``, synthesises its module ``top`` for
    ``board``, and writes ``top``.json."""
    command = family(board.family).synthesis_command(board.device)
    return _SCRIPT.format(read=read, top=top, synth=command)

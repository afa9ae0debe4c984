"""All frames of a data set: order, progress, and answers that no accelerator gives."""

from __future__ import annotations

import numpy as np
import pytest

from bnngen.host.ask import ask_board
from bnngen.host.ports import LinkError
from bnngen_sim import Interface, Quantize, StreamFormat
from bnngen_sim.link import SerialLink
from tests.host.test_client import Line, truth

LINK = SerialLink(2, 1_000_000, 30, 64, 0xBADC0DE)
SOURCE, SINK = StreamFormat(5, 1, 8, False, "int", 8, "NC"), StreamFormat(3, 1, 8, False, "int", 8, "NC")
INTERFACE = Interface(SOURCE, SINK, False, Quantize("1", "0", "floor", 0, 255), link=LINK)


def test_the_answers_stand_in_the_order_of_the_frames() -> None:
    codes, told = np.arange(200).reshape(40, 5), []
    found = ask_board(Line(), INTERFACE, LINK, codes, progress=lambda *done: told.append(done))
    wanted = [list(truth(bytes(row.tolist()))) for row in codes]
    assert found.outputs.tolist() == wanted
    assert told[-1] == (40, 40)
    assert found.troubles.repeated == 0


def test_bits_that_no_element_has() -> None:
    """The check fits, and the design is another one all the same."""
    narrow = StreamFormat(3, 1, 1, False, "int", 8, "NC")
    interface = Interface(SOURCE, narrow, False, INTERFACE.quantize, link=LINK)
    with pytest.raises(
        LinkError, match=r"^line: the board's answers are none of this design: frame 0: bits that"
    ):
        ask_board(Line(), interface, LINK, np.arange(5).reshape(1, 5))

"""How a host will reach a design on its board, and how fast that can be."""

from __future__ import annotations

from fractions import Fraction

from bnngen.base.errors import UsageError
from bnngen.dataflow.fitted import Fitted
from bnngen.emit.verilog import interface
from bnngen.reference.network import Network
from bnngen_boards.profile import Board, Uart
from bnngen_hw.edges.protocol import CHECK_BYTES
from bnngen_hw.edges.uart import BITS_PER_BYTE, uart_divisor
from bnngen_sim.interface import Interface
from bnngen_sim.link import CURRENT_PROTOCOL, PROTOCOLS, SerialLink

_HELD = 2
"""Frames that the link lets be in the accelerator without room for further checks."""
_MOST_AHEAD = 14
_HEADER_BYTES = 1


def board_link(design: Fitted, protocol: int = CURRENT_PROTOCOL) -> SerialLink | None:
    """The serial link of ``design``'s board, without the design's number; None where there is none, or its
    clock can't make the baud rate.

    Raises UsageError for a ``protocol`` that there is not.
    """
    if protocol not in PROTOCOLS:
        raise UsageError(
            f"the protocol of the link is one of {', '.join(map(str, PROTOCOLS))}, not {protocol}"
        )
    board, clock = design.schedule.board, design.schedule.clock_mhz
    if board.uart is None:
        return None
    try:
        divisor = uart_divisor(clock * 1_000_000, board.uart.baud)
    except ValueError:
        return None
    link = SerialLink(protocol, board.uart.baud, divisor, board.uart.buffer_bytes, 0)
    return SerialLink(protocol, link.baud, divisor, link.buffer_bytes, 0, _ahead(design, link))


def _ahead(design: Fitted, link: SerialLink) -> int:
    """So many more frames are in a pipeline that is as long as it is, at the pace of the slower of line and
    accelerator."""
    if link.protocol == 1:
        return 0
    pace = max(line_cycles(interface(design.schedule), link), design.cycles_per_frame)
    return max(0, min(_MOST_AHEAD, -(-design.latency_cycles // pace) - _HELD))


def line_bytes(port: Interface, protocol: int) -> tuple[int, int]:
    """Bytes on the line for a frame, and for its answer."""
    header, check = (0, 0) if protocol == 1 else (_HEADER_BYTES, CHECK_BYTES)
    sent = port.input.beats_per_frame * port.input.bytes_per_beat
    received = port.output.beats_per_frame * port.output.bytes_per_beat
    return sent + header, received + check


def line_cycles(port: Interface, link: SerialLink) -> int:
    """The clock cycles for which a frame keeps the line busy, in the direction that has more to do."""
    return max(line_bytes(port, link.protocol)) * BITS_PER_BYTE * link.cycles_per_bit


def line_fps(port: Interface, link: SerialLink) -> Fraction:
    """The frames a second that the line carries."""
    return Fraction(link.baud, max(line_bytes(port, link.protocol)) * BITS_PER_BYTE)


def link_fps(design: Fitted, protocol: int = CURRENT_PROTOCOL) -> float | None:
    """The frames a second that the serial line of ``design``'s board carries; None where `board_link` is."""
    link = board_link(design, protocol)
    return None if link is None else float(line_fps(interface(design.schedule), link))


def serial_line(board: Board) -> Uart:
    """The serial line of ``board``. Raises UsageError if there is none."""
    if board.uart is None:
        raise UsageError(
            f"board {board.name!r} has no serial line whose rate could be asked for; name a number"
        )
    return board.uart


def link_rate(network: Network, board: Board) -> Fraction:
    """The frames a second that no design of ``network`` exceeds on ``board``'s serial line: those of frames
    and answers without a spare bit.

    Raises UsageError if there is no line.
    """
    sent = _input_bytes(network) + _HEADER_BYTES
    heard = -(-network.elements_out * network.output_type.encoding.bits // 8) + CHECK_BYTES
    return Fraction(serial_line(board).baud, max(sent, heard) * BITS_PER_BYTE)


def link_bytes(network: Network) -> int:
    """The bytes that a frame may take without slowing the line much: a quarter more than its bits need, or as
    many as an answer, an output a beat, has."""
    answer = network.elements_out * -(-network.output_type.encoding.bits // 8) + CHECK_BYTES
    return max(_input_bytes(network) * 5 // 4, answer - _HEADER_BYTES)


def _input_bytes(network: Network) -> int:
    """Those of a frame without a spare bit."""
    return -(-network.elements_in * network.quantizer.type.encoding.bits // 8)

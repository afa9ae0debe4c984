"""The virtual board behind a TCP port: the answers of the golden model, whatever happens on the way."""

from __future__ import annotations

import json
from collections.abc import Callable
from contextlib import ExitStack
from pathlib import Path

import numpy as np
import pytest
import serial
from numpy.typing import NDArray
from support.lossy_line import Noise, lossy_proxy
from support.narrow import present

import bnngen
from bnngen.base.errors import SimulationError, UsageError
from bnngen.host.ask import Answers, ask_board
from bnngen.host.board import VIRTUAL_LINK, board_of, board_verilog, link_of
from bnngen.host.ports import SerialPort, TcpPort
from bnngen.reference.network import Network
from bnngen_hw.edges.protocol import HEADER, answer_check, request_check
from bnngen_sim import Interface

Codes = NDArray[np.integer]
Progress = Callable[[int, int], None]


def ask(rtl: Path, port: int, codes: Codes, timeout_s: float, progress: Progress | None = None) -> Answers:
    interface = Interface.load(rtl / "interface.json")
    line = TcpPort("127.0.0.1", port)
    return ask_board(line, interface, link_of(interface), codes, timeout_s=timeout_s, progress=progress)


def test_it_answers_as_the_golden_model(rtl: Path, network: Network, codes: Codes) -> None:
    """One client after another, also by pyserial."""
    interface = Interface.load(rtl / "interface.json")
    with board_of(rtl) as board:
        first = ask(rtl, board.port, codes[:100], 30)
        line = SerialPort(f"socket://127.0.0.1:{board.port}", 1_000_000)
        second = ask_board(line, interface, present(interface.link), codes[100:140], timeout_s=30)
    golden = network.run(codes[:140])
    assert np.array_equal(np.concatenate([first.outputs, second.outputs]), golden)
    assert first.troubles.repeated == second.troubles.repeated == 0


def test_twenty_lines_of_a_host(rtl: Path, network: Network, codes: Codes) -> None:
    """What docs/protocol.md says is enough: nothing here is the client's."""
    interface = Interface.load(rtl / "interface.json")
    link = json.loads((rtl / "interface.json").read_text())["link"]
    frame = interface.input.pack(codes[:1].reshape(1, -1)).tobytes()
    with (
        board_of(rtl) as board,
        serial.serial_for_url(f"socket://127.0.0.1:{board.port}", timeout=30) as port,
    ):
        port.write(bytes(len(frame) + 1) + bytes([HEADER]) + frame)
        said = port.read(10 + 4)
    assert int.from_bytes(said[10:], "little") == answer_check(
        said[:10], request_check(frame, link["design"])
    )
    beats = np.frombuffer(said[:10], np.uint8).reshape(1, 10, 1)
    assert np.array_equal(interface.output.unpack(beats), network.run(codes[:1]))


def torture(rtl: Path, network: Network, codes: Codes, kills: int, noise: Noise) -> Answers:
    """All of ``codes`` through a lossy line, the server killed and restarted so many times meanwhile."""
    golden, every = network.run(codes), len(codes) // (kills + 1)
    with ExitStack() as boards:
        board = boards.enter_context(board_of(rtl))
        with lossy_proxy((board.host, board.port), noise, 0.2) as proxy:
            running = [board]

            def progress(done: int, total: int) -> None:
                if done % every == 0 and done < total:
                    running[-1].process.kill()
                    running[-1].process.wait()
                    running.append(boards.enter_context(board_of(rtl, board.host, board.port)))

            found = ask(rtl, proxy.port, codes, 0.5, progress)
    assert np.array_equal(found.outputs, golden)
    assert noise.faults > 0
    assert found.troubles.repeated > 0
    assert found.troubles.reopened >= kills
    return found


def test_no_wrong_answer_passes(rtl: Path, network: Network, codes: Codes) -> None:
    torture(rtl, network, codes[:400], 1, Noise(drop=0.001, flip=0.001, seed=5))


@pytest.mark.slow
def test_no_wrong_answer_in_ten_thousand_passes(rtl: Path, network: Network, codes: Codes) -> None:
    torture(rtl, network, codes, 4, Noise(drop=0.0005, flip=0.0005, seed=6))


def test_the_first_protocol_is_still_spoken(network: Network, codes: Codes, tmp_path: Path) -> None:
    bnngen.compile(network, board="icebreaker", fps=20_000).write_verilog(tmp_path, protocol=1)
    interface = Interface.load(tmp_path / "interface.json")
    assert present(interface.link).protocol == 1
    with (
        board_of(tmp_path) as board,
        serial.serial_for_url(f"socket://127.0.0.1:{board.port}", timeout=30) as port,
    ):
        port.write(interface.input.pack(codes[:1].reshape(1, -1)).tobytes())
        said = port.read(10)
    beats = np.frombuffer(said, np.uint8).reshape(1, 10, 1)
    assert np.array_equal(interface.output.unpack(beats), network.run(codes[:1]))


def test_a_design_without_a_link_has_a_virtual_one(network: Network, codes: Codes, tmp_path: Path) -> None:
    bnngen.compile(network, board="zc706", fps=20_000).write_verilog(tmp_path)
    assert Interface.load(tmp_path / "interface.json").link is None
    with board_of(tmp_path) as board:
        found = ask(tmp_path, board.port, codes[:20], 30)
    assert np.array_equal(found.outputs, network.run(codes[:20]))
    assert VIRTUAL_LINK.protocol == 2


def test_two_cannot_listen_at_one_port(rtl: Path) -> None:
    with board_of(rtl) as board:
        message = (
            rf"^no virtual board at 127\.0\.0\.1, port {board.port}: cannot listen: Address already in use$"
        )
        with pytest.raises(UsageError, match=message), board_of(rtl, port=board.port):
            pass


def test_a_board_that_ends_says_so(rtl: Path) -> None:
    with board_of(rtl) as board:
        board.process.kill()
        with pytest.raises(SimulationError, match=r"^the virtual board ended: ended by signal 9"):
            board.wait()


def test_the_same_interface_gives_the_same_verilog(rtl: Path) -> None:
    interface = Interface.load(rtl / "interface.json")
    assert board_verilog(interface) == board_verilog(interface)

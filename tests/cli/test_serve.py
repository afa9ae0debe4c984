"""``bnngen serve``: a process that listens until it is ended."""

from __future__ import annotations

import signal
import subprocess
import sys
from pathlib import Path

import pytest
import typer
from support.command_line import Cli
from support.named_model import named_model

import bnngen
from bnngen.cli.serve import parse_listen

ROWS = "0.1,0.9\n0.9,0.1\n"


def test_it_serves_until_it_is_ended(cli: Cli, tmp_path: Path) -> None:
    network = bnngen.load(named_model(tmp_path / "named.onnx"))
    bnngen.compile(network, board="icebreaker").build(tmp_path / "out", until="verilog")
    (tmp_path / "rows.csv").write_text(ROWS)
    program = "from bnngen.cli import main; main()"
    command = [sys.executable, "-P", "-c", program, "serve", str(tmp_path / "out"), "--listen", "0"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        line = process.stdout.readline()
        assert line.startswith("the board listens: --port socket://127.0.0.1:")
        asked = ["run", tmp_path / "out", tmp_path / "rows.csv", "--port", line.split()[-1]]
        assert cli(*asked)[:2] == (0, "ok\nbroken\n")
        process.send_signal(signal.SIGTERM)
        assert process.wait(20) == 130


def test_a_folder_that_is_no_build(cli: Cli, tmp_path: Path) -> None:
    status, _, said = cli("serve", tmp_path, "--listen", "0")
    assert status == 2
    assert "is not a build directory" in said


@pytest.mark.parametrize(
    ("text", "place"),
    [
        ("7000", ("127.0.0.1", 7000)),
        (":7000", ("127.0.0.1", 7000)),
        ("0.0.0.0:0", ("0.0.0.0", 0)),
        ("[::1]:5", ("::1", 5)),
    ],
)
def test_places(text: str, place: tuple[str, int]) -> None:
    assert parse_listen(text) == place


@pytest.mark.parametrize("text", ["", "host", "host:", "1:65536", "-1", "²"])
def test_no_places(text: str) -> None:
    with pytest.raises(typer.BadParameter, match="takes PORT or HOST:PORT, a port from 0 to 65535"):
        parse_listen(text)

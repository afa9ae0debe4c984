"""Ports: TCP, and what pyserial opens; what the other side's end looks like."""

from __future__ import annotations

import builtins
import os
import pty
import socket
from typing import Any

import pytest

from bnngen.base.errors import MissingPackageError, UsageError
from bnngen.host.ports import Port, PortLostError, SerialPort, TcpPort, port_named


def test_names() -> None:
    port = port_named("socket://[::1]:7000", 9600)
    assert isinstance(port, TcpPort)
    assert port.name == "socket://::1:7000"
    assert isinstance(port_named("/dev/ttyUSB1", 9600), SerialPort)
    for name in ("socket://", "socket://host", "socket://host:x"):
        with pytest.raises(
            UsageError, match=r"is no address: accepted are socket://HOST:PORT, or a device like"
        ):
            port_named(name, 9600)


@pytest.mark.parametrize("kind", ["tcp", "serial"])
def test_a_connection_and_its_end(kind: str) -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        number = server.getsockname()[1]
        plain: Port = TcpPort("127.0.0.1", number)
        port = plain if kind == "tcp" else SerialPort(f"socket://127.0.0.1:{number}", 9600)
        port.open()
        other, _ = server.accept()
        port.write(b"ask")
        assert other.recv(10) == b"ask"
        assert port.read(0.01) == b""
        other.sendall(b"say")
        said = port.read(5)
        while len(said) < 3:
            said += port.read(5)
        assert said == b"say"
        port.break_()
        other.close()
        with pytest.raises(PortLostError):
            port.read(5)
    with pytest.raises(PortLostError):
        port.open()
    port.close()
    with pytest.raises(PortLostError, match="it is not open"):
        port.write(b"x")


def test_a_serial_device() -> None:
    """A pseudo terminal: as a device to pyserial."""
    ours, theirs = pty.openpty()
    port = SerialPort(os.ttyname(theirs), 115_200)
    port.open()
    port.write(b"\xa5\x00")
    assert os.read(ours, 10) == b"\xa5\x00"
    os.write(ours, b"\x11\x13\xff")
    assert port.read(5) + port.read(0.05) == b"\x11\x13\xff"
    port.break_()
    port.close()
    os.close(ours)
    os.close(theirs)


def test_no_such_device_and_no_such_url() -> None:
    with pytest.raises(PortLostError, match="No such file"):
        SerialPort("/dev/none", 9600).open()
    with pytest.raises(UsageError, match=r"^no port 'magic://x': "):
        SerialPort("magic://x", 9600).open()


def test_without_pyserial(monkeypatch: pytest.MonkeyPatch) -> None:
    real = builtins.__import__

    def without(name: str, *rest: Any) -> Any:
        if name == "serial":
            raise ImportError
        return real(name, *rest)

    monkeypatch.setattr(builtins, "__import__", without)
    with pytest.raises(MissingPackageError, match=r"^pyserial is missing: pip install pyserial$"):
        SerialPort("COM4", 9600)

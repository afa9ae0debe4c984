"""Ports that a client reads and writes: a TCP connection, or what pyserial opens."""

from __future__ import annotations

import socket
import time
from contextlib import suppress
from typing import Any, Protocol
from urllib.parse import urlsplit

from bnngen.base.errors import BnngenError, MissingPackageError, UsageError

SOCKET = "socket://"
_BREAK_S = 0.002
_PIECE_BYTES = 1 << 16


class LinkError(BnngenError):
    """The board does not answer as it should, however often it is asked."""

    exit_status = 1


class PortLostError(Exception):
    """The other side has gone: the port has to be opened anew."""


class Port(Protocol):
    """A line to a board. All but `close` raise PortLostError if the other side has gone."""

    name: str
    """What the user has called it."""
    slow: bool
    """Whether the board behind it may be a simulation, which takes its time."""

    def open(self) -> None:
        """Opens it, anew if it was open. Raises PortLostError if nobody is there."""

    def write(self, data: bytes) -> None:
        """Sends all of ``data``."""

    def read(self, patience_s: float) -> bytes:
        """What has come, at least a byte, or nothing if none comes for so long."""

    def break_(self) -> None:
        """Holds the line low for longer than a byte, where that is possible."""

    def close(self) -> None:
        """Nothing is read and written any more."""


class TcpPort:
    """A TCP connection: `bnngen serve`, or a serial port behind a network."""

    slow = True

    def __init__(self, host: str, port: int) -> None:
        self.name = f"{SOCKET}{host}:{port}"
        self._address = (host, port)
        self._socket: socket.socket | None = None

    def open(self) -> None:
        """See `Port`."""
        self.close()
        try:
            self._socket = socket.create_connection(self._address, timeout=5)
            self._socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        except OSError as error:
            raise PortLostError(str(error)) from None

    def write(self, data: bytes) -> None:
        """See `Port`."""
        try:
            self._open().settimeout(60)
            self._open().sendall(data)
        except OSError as error:
            raise PortLostError(str(error)) from None

    def read(self, patience_s: float) -> bytes:
        """See `Port`."""
        try:
            self._open().settimeout(max(patience_s, 0.001))
            data = self._open().recv(_PIECE_BYTES)
        except TimeoutError:
            return b""
        except OSError as error:
            raise PortLostError(str(error)) from None
        if not data:
            raise PortLostError("the other side has closed the connection")
        return data

    def break_(self) -> None:
        """A connection has no level to hold."""

    def close(self) -> None:
        """See `Port`."""
        if self._socket is not None:
            self._socket.close()
        self._socket = None

    def _open(self) -> socket.socket:
        if self._socket is None:
            raise PortLostError("it is not open")
        return self._socket


class SerialPort:
    """What pyserial opens: a device, or a URL. Raises MissingPackageError without pyserial."""

    slow = False

    def __init__(self, name: str, baud: int) -> None:
        try:
            import serial
        except ImportError:
            raise MissingPackageError("pyserial is missing: pip install pyserial") from None
        self._serial, self._errors = serial, (serial.SerialException, OSError)
        self.name, self._baud = name, baud
        self._port: Any = None

    def open(self) -> None:
        """See `Port`."""
        self.close()
        try:
            self._port = self._serial.serial_for_url(self.name, self._baud, timeout=0.1, write_timeout=60)
        except ValueError as error:
            raise UsageError(f"no port {self.name!r}: {error}") from None
        except self._errors as error:
            raise PortLostError(str(error)) from None

    def write(self, data: bytes) -> None:
        """See `Port`."""
        try:
            self._open().write(data)
        except self._errors as error:
            raise PortLostError(str(error)) from None

    def read(self, patience_s: float) -> bytes:
        """See `Port`."""
        try:
            port = self._open()
            port.timeout = patience_s
            first: bytes = port.read(1)
            return first + bytes(port.read(port.in_waiting)) if first else first
        except self._errors as error:
            raise PortLostError(str(error)) from None

    def break_(self) -> None:
        """See `Port`."""
        with suppress(*self._errors, AttributeError, NotImplementedError):
            self._open().send_break(_BREAK_S)
            time.sleep(_BREAK_S)

    def close(self) -> None:
        """See `Port`."""
        if self._port is not None:
            with suppress(*self._errors):
                self._port.close()
        self._port = None

    def _open(self) -> Any:
        if self._port is None:
            raise PortLostError("it is not open")
        return self._port


def port_named(name: str, baud: int) -> Port:
    """The port that a user has named: ``socket://host:port``, or anything that pyserial opens.

    Raises UsageError for an address that is none, and MissingPackageError.
    """
    if not name.startswith(SOCKET):
        return SerialPort(name, baud)
    try:
        found = urlsplit(name)
        host, port = found.hostname, found.port
    except ValueError:
        host, port = None, None
    if not host or not port:
        accepted = "socket://HOST:PORT, or a device like /dev/ttyUSB1"
        raise UsageError(f"port {name!r} is no address: accepted are {accepted}")
    return TcpPort(host, port)

"""The programs that a build writes for other machines, run here: Python as a module, C by gcc, MicroPython at a UART
that is a TCP connection."""

from __future__ import annotations

import ctypes
import importlib.util
import re
import socket
import subprocess
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path
from types import ModuleType
from typing import Any

from bnngen.host.generated.encoding import Number, Word

C_FLAGS = ("-std=c99", "-O1", "-Wall", "-Wextra", "-Wconversion", "-Werror", "-pedantic")


def python_host(path: Path) -> ModuleType:
    """The file as a module."""
    spec = importlib.util.spec_from_file_location(f"{path.stem}_{abs(hash(path))}", path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


class Line:
    """A TCP connection as a microcontroller's UART: what comes within ``patience_s``."""

    def __init__(self, port: int, patience_s: float) -> None:
        self._address, self._patience_s = ("127.0.0.1", port), patience_s
        self._socket = self._connected()

    def _connected(self) -> socket.socket:
        made = socket.create_connection(self._address, 30)
        made.settimeout(self._patience_s)
        return made

    def read(self, size: int) -> bytes | None:
        try:
            data = self._socket.recv(size)
        except OSError:
            return None
        if not data:
            self._socket.close()
            with suppress(OSError):  # nobody may be there yet
                self._socket = self._connected()
        return data or None

    def write(self, data: bytes) -> int | None:
        try:
            self._socket.sendall(data)
        except OSError:
            return None
        return len(data)

    def close(self) -> None:
        self._socket.close()


class CPort(ctypes.Structure):
    """``bnn_port``."""

    READ = ctypes.CFUNCTYPE(ctypes.c_int, ctypes.c_void_p)
    WRITE = ctypes.CFUNCTYPE(ctypes.c_int, ctypes.c_void_p, ctypes.POINTER(ctypes.c_uint8), ctypes.c_size_t)
    _fields_ = (("read", READ), ("write", WRITE), ("context", ctypes.c_void_p))


class CHost:
    """bnn_host.c of ``folder``, whose integers have ``bits``, as a library made by gcc in ``scratch``."""

    def __init__(self, folder: Path, scratch: Path, columns: Sequence[Number | Word], bits: int = 31) -> None:
        library = scratch / "bnn_host.so"
        command = ["gcc", *C_FLAGS, "-shared", "-fPIC", str(folder / "bnn_host.c"), "-o", str(library)]
        subprocess.run(command, check=True)
        self.c = ctypes.CDLL(str(library))
        with suppress(AttributeError):  # a network that gives the class has none
            self.c.bnn_score.restype = ctypes.c_double
        with suppress(AttributeError):
            self.c.bnn_class_name.restype = ctypes.c_char_p
        header = (folder / "bnn_host.h").read_text()
        self.sizes = {
            line.split()[1]: int(line.split()[2])
            for line in header.splitlines()
            if line.startswith("#define BNN_") and line.split()[-1].isdigit()
        }
        value = re.search(r"const (\w+) values\[BNN_VALUES\]", header)
        name = "float" if value is None else value[1]
        self.value: Any = ctypes.c_float if name == "float" else getattr(ctypes, f"c_{name[:-2]}")
        kinds = [ctypes.c_char_p if isinstance(c, Word) else ctypes.c_float for c in columns]
        fields = [(c.field, kind) for c, kind in zip(columns, kinds, strict=True)]
        self.row: Any = type("Row", (ctypes.Structure,), {"_fields_": fields})
        self.integer: Any = ctypes.c_int64 if bits > 31 else ctypes.c_int32

    def frame_of(self, values: Sequence[object]) -> bytes | int:
        """The frame of a row, or of real values, or what C says instead."""
        frame = (ctypes.c_uint8 * self.sizes["BNN_FRAME_BYTES"])()
        if self.row._fields_:
            texts = [v.encode() if isinstance(v, str) else v for v in values]
            status = self.c.bnn_frame(ctypes.byref(self.row(*texts)), frame)
        else:
            numbers: Any = values
            status = self.c.bnn_frame((self.value * len(values))(*numbers), frame)
        return int(status) or bytes(frame)

    def pack(self, codes: Sequence[int]) -> bytes | int:
        """The frame of integers, or what C says instead."""
        frame = (ctypes.c_uint8 * self.sizes["BNN_FRAME_BYTES"])()
        status = self.c.bnn_pack((ctypes.c_int16 * len(codes))(*codes), frame)
        return int(status) or bytes(frame)

    def outputs(self, values: Sequence[int]) -> Any:
        """Integers as C has them."""
        return (self.integer * len(values))(*values)

    def ask(self, line: Line, frames: Sequence[bytes]) -> list[list[int] | int]:
        """The integers for each frame, or what C says instead."""

        def read(context: int | None) -> int:
            data = line.read(1)
            return data[0] if data else -1

        def write(context: int | None, data: Any, size: int) -> int:
            return 0 if line.write(bytes(data[:size])) == size else 1

        port = CPort(CPort.READ(read), CPort.WRITE(write), None)
        self.c.bnn_begin(ctypes.byref(port))
        found: list[list[int] | int] = []
        for frame in frames:
            outputs = self.outputs([0] * self.sizes["BNN_OUTPUTS"])
            given = (ctypes.c_uint8 * len(frame))(*frame)
            status = self.c.bnn_ask(ctypes.byref(port), given, outputs)
            found.append(int(status) or list(outputs))
        return found

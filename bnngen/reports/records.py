"""What a build writes and reads, as typed records: people edit such files, and none is believed unread.

Unknown keys pass: later versions write more. What versions before have not written has a default.
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import Annotated, Any, Literal, TypeVar

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from bnngen.base.errors import DataError
from bnngen.base.strict_json import read_json

Whole = Annotated[int, Field(ge=0, lt=1 << 62)]
Cycles = Annotated[int, Field(ge=1, lt=1 << 62)]
Number = Annotated[float, Field(ge=0)]
Positive = Annotated[float, Field(gt=0)]
Share = Annotated[float, Field(ge=0, le=1)]

_MOST_SHOWN = 80
_MOST_MISTAKES = 5


class Record(BaseModel):
    """A JSON object. Types are strict: a number in quotes is not a number."""

    model_config = ConfigDict(extra="allow", frozen=True, strict=True, allow_inf_nan=False, defer_build=True)

    def to_dict(self) -> dict[str, Any]:
        """As it is written: with the keys that it was made or read with, and no others."""
        return self.model_dump(exclude_unset=True)


class Counts(Record):
    """Cells of a device."""

    lut: Whole
    ff: Whole
    bram: Whole
    dsp: Whole
    spram: Whole = 0


class NetlistCounts(Record):
    """Cells of a netlist."""

    lut: Whole
    ff: Whole
    bram: Whole
    dsp: Whole
    carry: Whole = 0
    spram: Whole = 0


class ImportCheckRecord(Record):
    """What `bnngen.import_check` found."""

    frames: Whole
    differing: Whole
    undecided: Whole
    layer: str | None


class ModelRecord(Record):
    """The model that was built; ``output`` is what was asked of its end. ``classes`` and ``columns`` are the
    names that it carries, if it does."""

    file: str | None = None
    sha256: str | None = None
    output: Literal["file", "class"]
    weight_bits: Whole = 0
    import_check: ImportCheckRecord | None = None
    classes: list[str] | None = None
    columns: list[str] | None = None


class LayerRecord(Record):
    """A layer; one without choices has no ``pe``, ``simd`` and ``cycles``.

    ``window`` and ``positions`` are written of sliding windows, the fields below of layers with weights.
    """

    name: str
    op: str
    pe: Whole | None
    simd: Whole | None
    cycles: Whole | None
    weight_bits: Whole
    lut_estimate: Whole
    bram_estimate: Whole
    window: str | None = None
    positions: list[Whole] | None = None
    rows: Whole | None = None
    columns: Whole | None = None
    input_type: str | None = None
    weight_type: str | None = None
    output_type: str | None = None
    weight_memory: str | None = None


class ScheduleRecord(Record):
    """The plan, and what it takes of the device. ``fps`` is the accelerator's rate, ``link_fps`` that of the
    board's serial line, if it has one."""

    cycles_per_frame: Cycles
    latency_cycles: Cycles
    fps: Positive
    link_fps: Number | None = None
    fifo_bits: Whole = 0
    estimate: Counts
    available: Counts
    bram_kind: str
    weight_bits_stored: Whole = 0
    weight_ram_bits: Whole = 0
    weight_fill: Number | None = None


class SimulationRecord(Record):
    """What the simulation found. ``as_predicted`` is None where nothing was predicted, or it is not known."""

    frames: Whole
    mismatches: Whole
    cycles_per_frame: Whole | None = None
    latency_cycles: Whole | None = None
    accuracy: Share | None
    correct: Whole | None = None
    as_predicted: bool | None = None
    cycles: Whole = 0
    cycles_per_second: Number = 0.0
    wall_s: Number = 0.0


class SynthesisRecord(Record):
    """What synthesis made; ``accelerator`` without the design around it."""

    tool: str
    lut: Whole
    ff: Whole
    bram: Whole
    dsp: Whole
    spram: Whole = 0
    carry: Whole = 0
    lut_levels: Whole | None = None
    cached: bool = False
    wall_s: Number = 0.0
    accelerator: NetlistCounts


class PnrRecord(Record):
    """What place and route reached."""

    tool: str
    fmax_mhz: Number
    met: bool
    fps: Number = 0.0
    bitstream: str = ""
    utilization: dict[str, list[Whole]] = Field(default_factory=dict)
    utilisation: dict[str, list[Whole]] = Field(
        default_factory=dict, description="What utilization was called up to 0.1; goes with 0.3."
    )
    cached: bool = False
    wall_s: Number = 0.0


class ReportRecord(Record):
    """``report.json``. A step that did not run is None, never zero. It grows with the build."""

    model_config = ConfigDict(frozen=False, validate_assignment=True)

    bnngen: str
    model: ModelRecord
    board: str
    family: str = ""
    clock_mhz: Positive
    layers: list[LayerRecord]
    schedule: ScheduleRecord
    simulation: SimulationRecord | None = None
    synthesis: SynthesisRecord | None = None
    pnr: PnrRecord | None = None
    warnings: list[str]


class PinsRecord(Record):
    """The ports of the routed board by what they do."""

    model_config = ConfigDict(extra="forbid")

    clk: str
    rx: str
    tx: str
    led: str | None = None


class SerialRecord(Record):
    """``synth/serial.json``: how a host reaches the board."""

    pins: PinsRecord
    divisor: Annotated[int, Field(ge=4, lt=1 << 31)]
    reset_cycles: Annotated[int, Field(ge=0, lt=1 << 31)]
    led_active_low: bool | None


_Kind = TypeVar("_Kind", bound=Record)


def read_record(path: Path, kind: type[_Kind]) -> _Kind:
    """What the JSON file at ``path`` says.

    Raises DataError that names the file, and for each wrong field what was found and what is accepted.
    """
    try:
        return kind.model_validate(read_json(path))
    except OSError as error:
        raise DataError(f"can't read '{path}': {error.strerror or error}; build again") from error
    except ValidationError as error:
        wrong = "; ".join(map(_mistake, error.errors(include_url=False)[:_MOST_MISTAKES]))
        raise DataError(f"'{path}' is damaged: {wrong}; build again") from error
    except ValueError as error:
        raise DataError(f"'{path}' is damaged: {error}; build again") from error


def _mistake(detail: Any) -> str:
    field = ".".join(map(str, detail["loc"])) or "the file"
    if detail["type"] == "missing":
        return f"{field} is missing"
    accepted = re.sub(
        r"dictionary or instance of \w+", "object", detail["msg"].removeprefix("Input should be ")
    )
    found = repr(detail["input"])
    shown = found if len(found) <= _MOST_SHOWN else f"{found[:_MOST_SHOWN]}..."
    return f"{field} is {shown}; accepted is {accepted}"

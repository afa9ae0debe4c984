"""A design's Verilog on data, compared with the golden model."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np

from bnngen.base.errors import UsageError
from bnngen.reference.data_file import Data
from bnngen.reference.network import Network
from bnngen.reports.records import SimulationRecord
from bnngen.reports.second_look import Activity, at_a_run
from bnngen_sim.batch import BatchResult, simulate

MOST_RANDOM = 1 << 27
"""So many random numbers take a gigabyte."""


def random_frames(network: Network, frames: int) -> Data:
    """``frames`` random frames over the whole range of the input's type, always the same.

    Raises UsageError if they are more than `MOST_RANDOM` numbers.
    """
    if frames > MOST_RANDOM // network.elements_in:
        most = MOST_RANDOM // network.elements_in
        raise UsageError(f"{frames:,} random frames are too many; accepted are {most:,} of this network")
    type_ = network.quantizer.type
    shape = (frames, *network.input_shape)
    random = np.random.default_rng(0)
    if type_.bipolar:
        return Data(random.integers(0, 2, shape) * 2 - 1, None, typical=False)
    return Data(random.integers(type_.lo, type_.hi + 1, shape), None, typical=False)


def simulate_frames(
    rtl: Path,
    data: Data,
    *,
    stall: float = 0.0,
    seed: int = 0,
    progress: Callable[[int, int], None] | None = None,
) -> BatchResult:
    """Run ``data`` through the Verilog in ``rtl``."""
    codes = data.codes.reshape(len(data.codes), -1)
    return simulate(rtl, codes, stall=stall, seed=seed, progress=progress)


def compare(
    network: Network, data: Data, result: BatchResult, predicted: tuple[int, int] | None
) -> tuple[SimulationRecord, list[str]]:
    """The report's entry of a simulation: its outputs against the golden model, its timing against the
    ``predicted`` cycles per frame and latency; and its warnings. Cycles per frame are measured without stalls
    only. Without a prediction, as for a board on a serial line, ``as_predicted`` is None."""
    activity = Activity()
    golden = network.run(data.codes, watch=activity)
    measured = result.cycles_per_frame
    labels = data.labels
    classes = network.classes(result.outputs)
    correct = None if labels is None else int((classes == labels).sum())
    found = SimulationRecord(
        frames=len(golden),
        mismatches=int((golden != result.outputs).any(axis=1).sum()),
        cycles_per_frame=measured,
        latency_cycles=result.latency_cycles,
        accuracy=None if correct is None else correct / classes.size,
        correct=correct,
        as_predicted=None
        if predicted is None
        else measured in (None, predicted[0]) and result.latency_cycles == predicted[1],
        cycles=result.cycles,
        cycles_per_second=result.cycles_per_second,
        wall_s=result.wall_s,
    )
    return found, at_a_run(network, data, golden, activity)

"""Writes Y.npz files."""

from __future__ import annotations

import io
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from bnngen.base.files import write_bytes
from bnngen.reference.network import Network


def write_outputs(path: Path, network: Network, y: NDArray[np.int64]) -> None:
    """Write the accelerator's integers ``y`` (N, outputs), the model's real outputs and the classes.

    Raises UsageError if ``path`` can't be written.
    """
    buffer = io.BytesIO()
    arrays = {"y_int": y, "y": network.host.real_outputs(y), "class": network.classes(y)}
    np.savez_compressed(buffer, allow_pickle=False, **arrays)
    write_bytes(path, buffer.getvalue())

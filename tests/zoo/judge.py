"""Whether a file is read, and right: golden against the file evaluated in doubles, and against torch in doubles."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import onnx
import torch
from numpy.typing import NDArray

import bnngen
from bnngen.base.errors import BnngenError
from bnngen.import_check.check import check_import
from bnngen.reference.data_file import quantize
from bnngen.reference.network import Network
from tests.zoo.kinds import FLOAT, Kind

FRAMES = 32
"""Random ones; as many lie on the grid of the input's quantiser, and as many in the middle between its levels."""
AGREED = 1e-4
"""Relative to the greatest output: constants that an exporter folds are rounded to float32. An integer is far more."""

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Verdict:
    """``reason`` is that of a refusal, None where the network was read and was right."""

    reason: str | None = None

    @property
    def accepted(self) -> bool:
        return self.reason is None


def judged(path: Path, kind: Kind, like_module: bool = True) -> Verdict:
    """Raises AssertionError if a file is read wrongly, or refused with anything but a clear error. What it means
    is also what the module means, if it is ``like_module``."""
    try:
        network = bnngen.load(path, **_said(kind, path))
    except BnngenError as error:
        return Verdict(str(error))
    compare(network, kind, like_module)
    return Verdict()


def _said(kind: Kind, path: Path) -> dict[str, Any]:
    """What the user says of this file: exporters name layers each in their own way, but outputs keep their order."""
    if "cut_at" not in kind.options:
        return kind.options
    (first, *_) = onnx.load(path, load_external_data=False).graph.output
    return {**kind.options, "cut_at": first.name}


def compare(network: Network, kind: Kind, like_module: bool = True) -> None:
    """Raises AssertionError if the network is not what its file means, or not what its module means."""
    random, grid, between = frames(network, kind)
    check = check_import(network, np.concatenate([random, grid, between]), seconds=60)
    assert not check.differing, str(check)
    assert check.frames == 3 * FRAMES
    assert check.undecided < check.frames / 4, str(check)
    if kind.made_of == FLOAT or not like_module:  # what ONNX Runtime quantises is another network
        return
    x = np.concatenate([random, grid])
    agree(network, x, evaluated(kind, x))


def frames(network: Network, kind: Kind) -> tuple[Floats, Floats, Floats]:
    """Random frames; frames on the grid of the input's quantiser; frames in the middle between two levels, where
    doubles hold that number, else a quarter from a level."""
    generator, quantizer = np.random.default_rng(1), network.quantizer
    random = generator.normal(size=(FRAMES, *kind.shape)).astype(np.float32).astype(np.float64)
    lo, hi = quantizer.type.lo, quantizer.type.hi
    codes = generator.integers(lo, hi + 1, (FRAMES, *network.input_shape))
    if quantizer.type.bipolar:
        codes = np.where(codes > 0, 1, -1)
    mul, add = (np.array([float(v) for v in p]) for p in (quantizer.mul, quantizer.add))
    first = np.moveaxis((codes - add) / mul, -1, 1), np.moveaxis((codes - _off(network) - add) / mul, -1, 1)
    grid, between = (part.reshape(FRAMES, *network.model_shape) for part in first)
    if kind.options.get("input"):  # there is no other number than those of the grid
        return grid, grid, grid
    return random, grid, between


def _off(network: Network) -> float:
    """How far from a level."""
    channels = range(network.quantizer.channels)
    edges = [edge for c in channels for edge, _ in network.quantizer.thresholds(c)[1]]
    return 0.5 if all(edge.fraction().denominator.bit_count() == 1 for edge in edges) else 0.25


def evaluated(kind: Kind, x: Floats) -> Floats:
    """What the module makes of frames x in double precision; the first output where there are several."""
    module = kind.module().double()
    with in_double(), torch.no_grad():
        found: Any = module(torch.from_numpy(x))
    first = found[0] if type(found) is tuple else found
    return np.asarray(getattr(first, "value", first))


@contextlib.contextmanager
def in_double() -> Iterator[None]:
    """New tensors are double too, and those that a module makes with ``float()``."""
    kept, single = torch.get_default_dtype(), torch.Tensor.float
    torch.set_default_dtype(torch.float64)
    torch.Tensor.float = torch.Tensor.double
    try:
        yield
    finally:
        torch.set_default_dtype(kept)
        torch.Tensor.float = single


def agree(network: Network, x: Floats, expected: Floats) -> None:
    """Raises AssertionError if the golden model gives other outputs than ``expected``, or other classes."""
    y = network.run(quantize(x, network))
    found = y if network.class_index else network.host.real_outputs(y)
    found, expected = found.reshape(len(x), -1), expected.reshape(len(x), -1)
    assert found.shape == expected.shape, (found.shape, expected.shape)
    apart = np.abs(found - expected) > AGREED * np.abs(expected).max()
    assert not apart.any(), f"{apart.any(axis=1).sum()} of {len(x)} frames differ from the module"

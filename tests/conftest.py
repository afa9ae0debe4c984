"""What every test room may use: Hypothesis without time limits, models and data, random networks."""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from dataclasses import replace
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest
from hypothesis import settings

from bnngen.datatypes import BIPOLAR, IntType
from bnngen.exact import exact_array
from bnngen.network import Host, NamedLayer, Network
from bnngen.ops.argmax import ArgMax
from bnngen.ops.dense import Dense
from bnngen.ops.threshold import Threshold
from bnngen.quantizer import Quantizer

settings.register_profile("bnngen", deadline=None)
settings.load_profile("bnngen")


@pytest.fixture(scope="session")
def shared() -> Path:
    """The folder with real models and data sets: $BNNGEN_SHARED, or ``shared`` beside the repository."""
    path = Path(os.environ.get("BNNGEN_SHARED") or Path(__file__).parents[2] / "shared")
    if not path.is_dir():
        pytest.skip(f"needs the shared models and data, which are not at {path} (set BNNGEN_SHARED)")
    return path


@pytest.fixture(scope="session")
def digits() -> Path:
    """The folder of the digits example: a real trained network of 40 kbit, with its test set."""
    return Path(__file__).parents[1] / "examples" / "digits"


MakeNetwork = Callable[..., Network]


@pytest.fixture(scope="session")
def make_network() -> MakeNetwork:
    """Makes random integer networks: ``make_network(seed, sizes, kinds, argmax=False)``.

    ``sizes`` are the features before, between and after the layers; ``kinds`` name the input's type, then
    each hidden one ("bipolar", "binary", "ternary", "unsigned3"); weights are of the kind of ``weights``.
    """

    def make(
        seed: int, sizes: Sequence[int], kinds: Sequence[str], weights: str = "bipolar", argmax: bool = False
    ) -> Network:
        random = np.random.default_rng(seed)
        types = [TYPES[kind] for kind in kinds]
        layers = []
        for index, (columns, rows) in enumerate(pairwise(sizes)):
            dense = Dense(random.choice(VALUES[weights], (rows, columns)), types[index])
            if index + 1 < len(types):
                dense = replace(dense, activation=_random_threshold(random, dense, types[index + 1]))
            layers.append(NamedLayer(f"fc{index}", dense))
        if argmax:
            layers.append(NamedLayer("argmax", ArgMax(sizes[-1], layers[-1].op.output_type)))
        one, zero = exact_array(1), exact_array(0)
        rounding = "sign" if types[0].bipolar else "half_even"
        return Network((sizes[0],), Quantizer(one, zero, rounding, types[0]), tuple(layers), Host(one, zero))

    return make


TYPES = {"bipolar": BIPOLAR, "binary": IntType(0, 1), "ternary": IntType(-1, 1), "unsigned3": IntType(0, 7)}
VALUES = {"bipolar": [-1, 1], "binary": [0, 1], "ternary": [-1, 0, 1], "signed3": list(range(-4, 4))}


def _random_threshold(random: np.random.Generator, dense: Dense, type_: IntType) -> Threshold:
    """Thresholds over the reachable range and one beyond each end: always and never occur too."""
    levels = 1 if type_.bipolar else type_.hi - type_.lo
    low, high = dense.row_ranges[:, :1], dense.row_ranges[:, 1:]
    table = np.sort(random.integers(low, high + 2, (dense.elements_out, levels)), axis=1)
    return Threshold(table, random.integers(0, 2, dense.elements_out).astype(bool), type_)

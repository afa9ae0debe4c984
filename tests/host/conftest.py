"""Designs for virtual boards."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray
from support.named_model import named_model
from support.networks import make_network

import bnngen
from bnngen.reference.network import Network
from bnngen.toolflow.simulation import random_frames


@pytest.fixture(scope="session")
def network() -> Network:
    return make_network(0, [64, 32, 10], ["bipolar"] * 2)


@pytest.fixture(scope="session")
def rtl(network: Network, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The Verilog of `network`, and how to talk to it."""
    folder = tmp_path_factory.mktemp("board") / "rtl"
    bnngen.compile(network, board="icebreaker", fps=20_000).write_verilog(folder)
    return folder


@pytest.fixture(scope="session")
def codes(network: Network) -> NDArray[np.integer]:
    """10,000 frames."""
    return random_frames(network, 10_000).codes


@pytest.fixture(scope="session")
def named(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The build folder of a model with names."""
    folder = tmp_path_factory.mktemp("named")
    network = bnngen.load(named_model(folder / "named.onnx"))
    bnngen.compile(network, board="icebreaker").build(folder / "out", until="verilog")
    return folder / "out"

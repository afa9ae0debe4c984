"""Old names of modules, for one version."""

from __future__ import annotations

import subprocess
import sys
from importlib import import_module

import pytest

import bnngen
from bnngen_hw._renamed import HERE


@pytest.mark.parametrize("new", sorted(HERE.values()))
def test_every_new_name_is_there(new: str) -> None:
    assert import_module(new).__name__ == new


@pytest.mark.parametrize(
    "line",
    [
        "from bnngen_hw.dense import DenseEngine",
        "from bnngen_hw.feed import VectorFeed",
        "from bnngen.data import quantize",
        "import bnngen.errors; bnngen.errors.ModelError",
        "from bnngen_sim.errors import InterfaceError",
        "from bnngen.build.pipeline import build",
    ],
)
def test_an_old_name_warns_and_works(line: str) -> None:
    """In a process that has imported nothing yet."""
    done = subprocess.run(
        [sys.executable, "-c", f"import bnngen; {line}"], capture_output=True, text=True, check=True
    )
    assert "FutureWarning" in done.stderr
    assert "the old name goes with 0.3" in done.stderr


def test_a_module_is_the_same_under_both_names() -> None:
    with pytest.warns(FutureWarning, match=r"^bnngen\.exact is now bnngen\.numbers\.exact; "):
        old = import_module("bnngen.exact")
    assert old is import_module("bnngen.numbers.exact")


def test_the_lazy_names_are_there() -> None:
    assert all(getattr(bnngen, name) for name in bnngen.__all__)

"""The registries: every file of a folder of choices has a name, and every name leads to a file."""

from __future__ import annotations

import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path

import pytest

import bnngen
from bnngen.base.registry import Choice, Registry
from bnngen.quantize.choices import RULES
from bnngen.train import choices
from bnngen.train.prune.table import PruneTable
from bnngen.train.recipe import DistillTable

REGISTRIES = [RULES, *(value for value in vars(choices).values() if isinstance(value, Registry))]
WITHOUT_TORCH = """
import sys
import bnngen.cli, bnngen.quantize.choices, bnngen.compress.choices
from bnngen.train.recipe import load_recipe
load_recipe(sys.argv[1])
print({"torch", "brevitas"} & set(sys.modules))
"""


def folder(registry: Registry[Choice]) -> Path:
    return Path(bnngen.__file__).parents[1].joinpath(*registry.package.split("."))


@pytest.mark.parametrize("registry", REGISTRIES, ids=lambda registry: registry.kind)
def test_every_name_leads_to_a_file(registry: Registry[Choice]) -> None:
    files = {choice.place.partition(":")[0] for choice in registry.choices.values()}
    assert {name for name in files if not (folder(registry) / f"{name}.py").is_file()} == set()
    assert all(choice.about for choice in registry.choices.values())


@pytest.mark.parametrize(
    "registry",
    [RULES, choices.ARCHITECTURES, choices.UNITS, choices.SCORES, choices.SCHEDULES, choices.RECOVERIES],
    ids=lambda registry: registry.kind,
)
def test_every_file_of_the_folder_has_a_name(registry: Registry[Choice]) -> None:
    named = {choice.place.partition(":")[0] for choice in registry.choices.values()}
    assert {path.stem for path in folder(registry).glob("*.py")} - {"__init__"} == named


@pytest.mark.train
@pytest.mark.parametrize("registry", REGISTRIES, ids=lambda registry: registry.kind)
def test_what_each_name_stands_for_is_there(registry: Registry[Choice]) -> None:
    for name, choice in registry.choices.items():
        assert find_spec(f"{registry.package}.{choice.place.partition(':')[0]}")
        assert registry[name] is not None


def test_losses_and_units_name_fields_of_the_recipe() -> None:
    assert set(choices.LOSSES) <= set(DistillTable.model_fields)
    for unit in choices.UNITS.choices.values():
        assert {*unit.needed, *unit.optional} <= set(PruneTable.model_fields)


def test_commands_and_recipes_need_no_torch() -> None:
    recipe = Path(bnngen.__file__).parents[1] / "examples" / "recipes" / "tfc_digits.toml"
    command = [sys.executable, "-P", "-c", WITHOUT_TORCH, str(recipe)]
    assert subprocess.run(command, check=True, capture_output=True, text=True).stdout == "set()\n"

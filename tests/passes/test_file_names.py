"""The names that a model file carries, as far as they suit its network."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from support.named_model import NAMES, RULES, named_model

import bnngen
from bnngen.base.errors import ModelFileError
from bnngen.convert.convert import convert
from bnngen.emit.verilog import interface
from bnngen.frontend.choices import ImportChoices
from bnngen.reference.names import NO_NAMES, Names
from bnngen.reference.preprocessing import NumberColumn, Preprocessing
from bnngen.schedule.planner import plan
from bnngen_boards.profile import load_board
from bnngen_sim import Interface


def test_they_come_through_to_the_interface(tmp_path: Path) -> None:
    network = bnngen.load(named_model(tmp_path / "m.onnx", NAMES.to_metadata()))
    assert network.names == NAMES
    assert bnngen.load(tmp_path / "m.onnx", "class").names == NAMES
    made = interface(plan(network, load_board("icebreaker"), None, None))
    again = Interface.from_json(made.to_json())
    assert (again.classes, again.columns) == (NAMES.classes, NAMES.columns)
    assert again.preprocessing == RULES.to_data()


def test_a_file_without_names(tmp_path: Path) -> None:
    network = bnngen.load(named_model(tmp_path / "m.onnx", {"author": "somebody"}))
    assert network.names == NO_NAMES
    made = interface(plan(network, load_board("icebreaker"), None, None))
    assert not {"classes", "columns", "preprocessing"} & json.loads(made.to_json()).keys()


def test_convert_keeps_what_still_holds(tmp_path: Path) -> None:
    path = named_model(tmp_path / "m.onnx", {"author": "somebody", **NAMES.to_metadata()})
    assert convert(path).network.names == NAMES
    cut = convert(path, ImportChoices.of(None, None, "hidden"))
    assert cut.network.names == NO_NAMES


@pytest.mark.parametrize(
    ("metadata", "message"),
    [
        ({"bnngen.classes": "["}, r"bnngen\.classes: it is not JSON"),
        ({"bnngen.classes": '["a"]'}, r"bnngen\.classes: 1 names for 3 classes"),
        ({"bnngen.columns": '["a"]'}, r"bnngen\.columns: they are not those of the preprocessing"),
        (
            Names(preprocessing=Preprocessing(RULES.columns[:1])).to_metadata(),
            r"bnngen\.preprocessing: it makes 1 elements, and the network takes 2",
        ),
        (
            Names(
                preprocessing=Preprocessing((RULES.columns[0], NumberColumn("b", (0.5,), True, 0, 1)))
            ).to_metadata(),
            r"bnngen\.preprocessing: column 'b' makes codes that are no bipolar",
        ),
    ],
)
def test_what_does_not_suit_the_network(tmp_path: Path, metadata: dict[str, str], message: str) -> None:
    rules = {"bnngen.preprocessing": json.dumps(RULES.to_data())}
    with pytest.raises(ModelFileError, match=f"^the model's metadata are damaged, {message}"):
        bnngen.load(named_model(tmp_path / "m.onnx", {**rules, **metadata}))

"""Rows that a user brings: with names and without, with labels and without."""

from __future__ import annotations

import io
import sys
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest
from support.named_model import named_model

import bnngen
from bnngen.base.errors import DataError
from bnngen.host.rows import load_rows, rows_of
from bnngen.reference.network import Network


@pytest.fixture(scope="module")
def named_network(tmp_path_factory: pytest.TempPathFactory) -> Network:
    return bnngen.load(named_model(tmp_path_factory.mktemp("rows") / "m.onnx"))


@pytest.fixture(scope="module")
def nameless(tmp_path_factory: pytest.TempPathFactory) -> Network:
    """Real inputs as they stand, whose sign counts."""
    return bnngen.load(named_model(tmp_path_factory.mktemp("rows") / "n.onnx", {}))


def test_columns_by_name_and_labels(named_network: Network) -> None:
    rows = rows_of(b"state,right,left\nworn,0.6,0.4\nok,0.1,0.5\n", "f", named_network)
    assert rows.data.codes.tolist() == [[-1, 1], [1, -1]]
    assert rows.data.labels is not None
    assert rows.data.labels.tolist() == [1, 0]
    assert rows.warnings == []


def test_columns_by_place(named_network: Network) -> None:
    rows = rows_of(b"0.4,0.6\n0.5,0.1\n", "f", named_network)
    assert rows.data.codes.tolist() == [[-1, 1], [1, -1]]
    assert rows.data.labels is None


def test_labels_that_are_no_classes(named_network: Network) -> None:
    rows = rows_of(b"left,right,state\n1,0,rusty\n", "f", named_network)
    assert rows.data.labels is None
    assert rows.warnings == ["f: 'rusty' in column 'state' is no class: no accuracy"]


def test_without_names_the_columns_are_the_inputs(nameless: Network) -> None:
    assert rows_of(b"a,b\n-0.5,2\n3,-1\n", "f", nameless).data.codes.tolist() == [[-1, 1], [1, -1]]


@pytest.mark.parametrize(
    ("contents", "message"),
    [
        (b"a,b,c\n1,2,3\n", "f has 3 columns; the network takes 2 numbers a row"),
        (b"a,b\n1,2\n1,x\n", "f: row 2 holds 'x', which is no number"),
    ],
)
def test_what_is_no_input(nameless: Network, contents: bytes, message: str) -> None:
    with pytest.raises(DataError) as caught:
        rows_of(contents, "f", nameless)
    assert str(caught.value) == message


def test_files(named_network: Network, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    table, frames = tmp_path / "d.csv", tmp_path / "d.npz"
    table.write_bytes(b"left,right\n1,0\n")
    np.savez(frames, codes=np.array([[1, -1]]))
    monkeypatch.setattr(sys, "stdin", SimpleNamespace(buffer=io.BytesIO(table.read_bytes())))
    for path in (table, frames, Path("-")):
        assert load_rows(path, named_network).data.codes.tolist() == [[1, -1]]
    with pytest.raises(DataError, match=r"none\.csv' can't be read: No such file or directory"):
        load_rows(tmp_path / "none.csv", named_network)

"""What is said of a table before anything is learned."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from bnngen.reports.columns import FOUND
from bnngen.train.datasets import load_dataset
from bnngen.train.datasets.dataset import DataSet, Subset
from bnngen.train.found import table_record
from bnngen.train.inputs import prepare
from bnngen.train.recipe import DataTable


@pytest.mark.parametrize(
    ("options", "bits"), [({"input": "thermometer", "levels": 3}, [0, 3, 2, 1]), ({}, [0, 8, 16, 8])]
)
def test_a_table(tmp_path: Path, options: dict[str, object], bits: list[int]) -> None:
    lines = [
        f"{k},{(k * 7) % 11},{'red' if k % 3 else 'blue'},{k % 2},{'yes' if k % 4 else 'no'}"
        for k in range(40)
    ]
    (tmp_path / "a.csv").write_text("\n".join(["id,size,colour,on,label", *lines]))
    table = DataTable.model_validate({"name": "csv", "path": tmp_path / "a.csv", **options})
    found = table_record(prepare(load_dataset(table), table, 1, None))
    assert found is not None
    assert [column.bits for column in found.columns] == bits
    assert (found.bits, found.used, found.rows) == (sum(bits), 3, 40)
    assert [(c.name, c.rows) for c in found.classes] == [("no", 10), ("yes", 30)]
    cells = [[column.cell(row) for column in FOUND] for row in found.columns]
    assert [row[1] for row in cells] == ["counter", "numbers", "words (2)", "numbers"]


def test_other_data_have_none() -> None:
    part = Subset(np.zeros((4, 2)), np.arange(4) % 2)
    assert table_record(prepare(DataSet(part, part, part, 2), DataTable(name="npz"), 1, None)) is None

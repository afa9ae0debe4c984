"""Tables as samples: what is learned from, what is left out, and what has to be said of gaps and labels."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from bnngen.base.errors import DataError, RecipeError
from bnngen.train.datasets.csv import load
from bnngen.train.datasets.dataset import Samples, SourceColumn
from bnngen.train.recipe import DataTable

LINES = [
    f"{k},{(7 * k) % 11},{'red' if k % 3 else 'blue'},{k % 2},{'yes' if k % 4 else 'no'}" for k in range(40)
]
HEAD = "id,size,colour,on,label"


def load_text(tmp_path: Path, text: str, **options: object) -> Samples:
    (tmp_path / "a.csv").write_text(text)
    return load(DataTable.model_validate({"name": "csv", "path": tmp_path / "a.csv", **options}))


def rows(*changes: tuple[int, str]) -> str:
    """The table with some of its lines changed."""
    return "\n".join([HEAD, *(dict(changes).get(k, line) for k, line in enumerate(LINES))])


def test_a_table(tmp_path: Path) -> None:
    samples = load_text(tmp_path, rows())
    assert samples.names == ("no", "yes")
    assert samples.train.x.dtype == np.float32
    assert samples.train.x[:3].tolist() == [[0, 1, 0, 0], [7, 0, 1, 1], [3, 0, 1, 0]]
    assert samples.train.y[:5].tolist() == [0, 1, 1, 1, 0]
    table = samples.table
    assert table is not None
    assert (table.rows, table.dropped, table.label, table.header) == (40, 0, "label", True)
    assert table.columns == (
        SourceColumn(
            "id",
            "counter",
            0,
            note="left out: it numbers the rows (--keep id, or data.keep in a recipe, keeps it)",
        ),
        SourceColumn("size", "number", 0),
        SourceColumn("colour", "word", 0, ("blue", "red")),
        SourceColumn("on", "number", 0),
    )


def test_columns_that_a_person_chooses(tmp_path: Path) -> None:
    samples = load_text(tmp_path, rows(), drop=["colour"], keep=["id"], label="on")
    assert samples.train.x.shape == (40, 4)  # id, size, and two words of label
    assert samples.names == ("0", "1")


def test_numbers_that_are_words(tmp_path: Path) -> None:
    """One element for each code, and for each row where a person wants that; no code sets none."""
    samples = load_text(tmp_path, rows((1, "1,7,red,,yes")), words=["on", "id"], drop=["colour"])
    table = samples.table
    assert table is not None
    assert [(c.name, c.kind, len(c.words), c.missing) for c in table.used] == [
        ("id", "text", 40, 0),
        ("size", "number", 0, 0),
        ("on", "word", 2, 1),
    ]
    assert samples.train.x[:4, 40:].tolist() == [[0, 1, 0], [7, 0, 0], [3, 1, 0], [10, 0, 1]]
    assert samples.train.x[3, :40].tolist() == [float(word == "3") for word in table.columns[0].words]


def test_codes_that_a_second_file_writes_otherwise(tmp_path: Path) -> None:
    """Words are texts: 1.0 is not 1."""
    other = "\n".join([HEAD, *(line.replace(",1,", ",1.0,") for line in LINES)])
    (tmp_path / "b.csv").write_text(other)
    samples = load_text(tmp_path, rows(), words=["on"], drop=["size"], test_path=tmp_path / "b.csv")
    assert samples.test is not None
    assert samples.train.x[:2, -2:].tolist() == [[1, 0], [0, 1]]
    assert samples.test.x[:2, -2:].tolist() == [[1, 0], [0, 0]]


@pytest.mark.parametrize("field", ["label", "drop", "keep", "words"])
def test_names_of_no_column(tmp_path: Path, field: str) -> None:
    with pytest.raises(RecipeError, match=rf"^data\.{field}: no column 'siez'; did you mean size\?$"):
        load_text(tmp_path, rows(), **{field: "siez" if field == "label" else ["siez"]})


GAPS = ((3, "3,,red,1,no"), (5, "5,broken,red,1,no"))


def test_gaps_have_to_be_decided_on(tmp_path: Path) -> None:
    with pytest.raises(DataError) as raised:
        load_text(tmp_path, rows(*GAPS))
    assert str(raised.value) == (
        f"'{tmp_path}/a.csv': the column 'size' holds numbers, but none in 2 of 40 rows, the first in row 4 (''); "
        "leave such rows out (--missing drop, or data.missing in a recipe), fill in the median of the column "
        "(--missing fill, or data.missing in a recipe), or leave out the column (--drop size, or data.drop in a recipe), "
        "or read it as words (--words size, or data.words in a recipe)"
    )
    with pytest.raises(DataError, match=r"leave out the column \(--drop size, or data\.drop in a recipe\)$"):
        load_text(tmp_path, rows(GAPS[0]))
    words = load_text(tmp_path, rows(*GAPS), words=["size"], drop=["colour"]).table
    assert words is not None
    assert words.used[0].words == ("0", "1", "10", "2", "3", "4", "5", "6", "7", "8", "9", "broken")
    assert len(load_text(tmp_path, rows(*GAPS), drop=["size"]).train) == 40


def test_gaps_are_left_out(tmp_path: Path) -> None:
    samples = load_text(tmp_path, rows(*GAPS), missing="drop")
    assert len(samples.train) == 38
    assert samples.table is not None
    assert samples.table.dropped == 2
    assert samples.table.columns[1] == SourceColumn("size", "number", 2)


def test_gaps_are_filled(tmp_path: Path) -> None:
    samples = load_text(tmp_path, rows(*GAPS), missing="fill")
    sizes = [(7 * k) % 11 for k in range(40) if k not in (3, 5)]
    assert samples.train.x[3, 0] == samples.train.x[5, 0] == np.median(sizes)
    assert samples.table is not None
    assert samples.table.columns[1].fill == np.median(sizes)


def test_a_gap_among_words_is_no_word(tmp_path: Path) -> None:
    samples = load_text(tmp_path, rows((3, "3,1,,1,no")))
    assert samples.train.x[3, 1:3].tolist() == [0, 0]


def test_a_second_file(tmp_path: Path) -> None:
    (tmp_path / "b.csv").write_text(f"{HEAD}\n7,7,green,1,yes\n")
    samples = load_text(tmp_path, rows(), test_path=tmp_path / "b.csv")
    assert samples.test is not None
    assert samples.test.x.tolist() == [[7, 0, 0, 1]]
    assert samples.test.y.tolist() == [1]
    for text, message in (
        ("id,size,colour,of,label\n7,7,red,1,yes\n", "has other columns than"),
        (f"{HEAD}\n7,7,red,1,maybe\n", "the label 'maybe' is not among those of the training part"),
        (f"{HEAD}\n7,,red,1,yes\n", "the column 'size' holds numbers, but none in 1 of 1 rows"),
        (f"{HEAD}\n7,7,red,1,\n", "row 1 has no label in the column 'label'"),
    ):
        (tmp_path / "b.csv").write_text(text)
        with pytest.raises(DataError, match=message):
            load_text(tmp_path, rows(), test_path=tmp_path / "b.csv")


@pytest.mark.parametrize("delimiter", ["semicolon", "comma"])
def test_a_delimiter_and_a_header_that_a_person_chooses(tmp_path: Path, delimiter: str) -> None:
    text = "\n".join(f"{k % 7},{k % 5};{'ab'[k % 2]}" for k in range(60))
    samples = load_text(tmp_path, text, delimiter=delimiter, header=True)
    assert samples.table is not None
    assert (len(samples.table.columns), samples.table.rows) == (1, 59)
    assert samples.table.delimiter == delimiter
    assert len(samples.names) == (2 if delimiter == "semicolon" else 10)


def test_labels_that_are_numbers_are_in_their_order(tmp_path: Path) -> None:
    text = "\n".join(f"{k % 7 / 2},{k % 12}" for k in range(48))
    assert load_text(tmp_path, text).names == tuple(map(str, range(12)))


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (
            rows((3, "3,1,red,1,")),
            r"row 4 has no label in the column 'label'; leave such rows out \(--missing drop",
        ),
        (
            rows((3, "3,1,red,1,maybe")),
            "the class 'maybe' has 1 of 40 rows, and each part of the data needs one, so that 3 are the least",
        ),
        (
            "a,b\n" + "\n".join(f"{k % 7},{k / 3}" for k in range(40)),
            r"the labels in the column 'b' are 40 classes for 40 rows; accepted are two classes or more, each of many rows: name the column of the labels \(--label NAME",
        ),
        ("a,b\n" + "1,x\n" * 9, "the labels in the column 'b' are 1 classes for 9 rows"),
        (
            "a,b\n" + "".join(f"{k},{'xy'[k % 2]}\n" for k in range(40)),
            r"has no column left to learn from: 'a' is left out: it numbers the rows",
        ),
    ],
)
def test_tables_that_teach_nothing(tmp_path: Path, text: str, message: str) -> None:
    with pytest.raises(DataError, match=message):
        load_text(tmp_path, text)
    if "no label" in message:
        assert len(load_text(tmp_path, text, missing="drop").train) == 39


@pytest.mark.parametrize(
    ("name", "left_out"),
    [
        ("fan", []),
        ("fan_semicolons", []),
        ("fan_no_header", []),
        ("fan_with_id", ["id"]),
        ("fan_with_timestamp", ["time"]),
    ],
)
def test_real_files(shared: Path, name: str, left_out: list[str]) -> None:
    path = shared / "cases" / "csv" / f"{name}.csv"
    samples = load(DataTable(name="csv", path=path))
    assert samples.names == ("bearing", "blocked", "ok", "unbalanced")
    assert samples.train.x.shape == (2400, 6)
    assert samples.table is not None
    assert [column.name for column in samples.table.columns if column.note] == left_out
    plain = load(DataTable(name="csv", path=shared / "cases" / "csv" / "fan.csv"))
    assert np.array_equal(samples.train.x, plain.train.x)
    assert np.array_equal(samples.train.y, plain.train.y)

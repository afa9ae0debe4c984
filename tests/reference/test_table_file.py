"""CSV files as people have them: delimiters, header lines, decimal marks and encodings."""

from __future__ import annotations

import codecs
from pathlib import Path

import pytest

from bnngen.base.errors import DataError
from bnngen.reference.table_file import DELIMITERS, TextTable, is_missing, number_of, read_table

PLAIN = "size,colour,kind\n1.5,red,a\n2.5,blue,b\n3.5,red,a\n"


def read(text: str, **options: object) -> TextTable:
    return read_table(text.encode(), "t.csv", **options)  # type: ignore[arg-type]


def test_a_table() -> None:
    table = read(PLAIN)
    assert table.columns == {
        "size": ["1.5", "2.5", "3.5"],
        "colour": ["red", "blue", "red"],
        "kind": ["a", "b", "a"],
    }
    assert (table.delimiter, table.header, table.rows) == ("comma", True, 3)


@pytest.mark.parametrize("delimiter", ["semicolon", "tab", "bar"])
def test_other_delimiters(delimiter: str) -> None:
    table = read(PLAIN.replace(",", DELIMITERS[delimiter]))
    assert table.columns == read(PLAIN).columns
    assert table.delimiter == delimiter


@pytest.mark.parametrize("header", ["a;b;kind\n", ""])
def test_decimal_commas(header: str) -> None:
    table = read(f"{header}1,5;-0,25;x\n2,5;3;y\n4,5;;x\n")
    assert list(table.columns.values())[:2] == [["1.5", "2.5", "4.5"], ["-0.25", "3", ""]]
    assert table.header == bool(header)


def test_commas_in_texts_stay() -> None:
    table = read("words;kind\n1,5 or so;x\n2,5;y\n1,5;x\n")
    assert table.columns["words"] == ["1,5 or so", "2,5", "1,5"]


@pytest.mark.parametrize(
    ("text", "header"),
    [
        ("a,b\n1,x\n2,y\n3,x\n", True),  # text above numbers
        ("1,x\n2,y\n3,x\n", False),  # the first label comes again
        ("0,1,2\n7,8,a\n9,8,b\n9,7,a\n", True),  # numbers for names: the label never comes again
        ("0.5,1\n0.25,0\n0.125,1\n", False),
        ("0.5,1.5\n0.25,2.5\n", False),
        ("0,1,2\n0.5,0.25,1\n", True),
        ("1,2,3\n0.5,0.25,1\n", True),
        ("words,kind\nred,a\nblue,b\nred,a\n", True),
    ],
)
def test_header_lines(text: str, header: bool) -> None:
    assert read(text).header is header
    other = read(text, header=not header)
    assert other.header is not header
    assert abs(other.rows - read(text).rows) == 1


def test_names_that_are_wanted() -> None:
    text = "a,b\nc,d\n"
    assert read(text, names=("b", "x")).header
    assert not read(text, names=("x",)).header


def test_a_gap_is_no_name() -> None:
    assert not read(",1,x\n2,3,y\n4,5,x\n").header


def test_a_label_that_stands_in_the_first_row() -> None:
    assert read("x,y\nx,a\nx,b\n", label="x").header


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "cp1252"])
def test_encodings(encoding: str) -> None:
    contents = "grün,kind\n1,größer\n2,b\n3,größer\n".encode(encoding)
    assert encoding != "utf-16" or contents.startswith(codecs.BOM_UTF16)
    assert read_table(contents, "t.csv").columns["kind"][0] == "größer"


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "t.csv must have two columns or more, with commas, semicolons, tabs or bars between the values"),
        (
            "a\n1\n",
            "t.csv must have two columns or more, with commas, semicolons, tabs or bars between the values",
        ),
        ("a,b\n", "t.csv has one line alone: names, and no rows of values below them"),
        ("a,b,a\n1,2,3\n", "t.csv has more than one column 'a' in its header line"),
        ("a,,c\n1,2,3\n", "t.csv: column 2 has no name in the header line; name it"),
        ("a,b\n1,2\n1,2,3\n", "t.csv: row 2 has 3 values for 2 columns"),
    ],
)
def test_what_is_no_table(text: str, message: str) -> None:
    with pytest.raises(DataError) as raised:
        read(text)
    assert str(raised.value) == message


def test_cells() -> None:
    assert [number_of(cell) for cell in ("1e3", "nan", "inf", "x", "", "1_0")] == [1000.0, *[None] * 5]
    assert all(map(is_missing, ("", "NaN", "n/a", "?", "NULL")))
    assert not is_missing("0")


@pytest.mark.parametrize(
    ("name", "delimiter", "header"),
    [
        ("fan", "comma", True),
        ("fan_no_header", "comma", False),
        ("fan_semicolons", "semicolon", True),
        ("fan_one_cell_missing", "comma", True),
        ("fan_with_id", "comma", True),
        ("fan_with_timestamp", "comma", True),
    ],
)
def test_real_files(shared: Path, name: str, delimiter: str, header: bool) -> None:
    table = read_table((shared / "cases" / "csv" / f"{name}.csv").read_bytes(), name)
    assert (table.delimiter, table.header, table.rows) == (delimiter, header, 2400)

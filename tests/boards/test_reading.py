"""Where in a TOML file a value stands."""

from __future__ import annotations

import pytest

from bnngen_boards.reading import line_of

TEXT = """\
# a comment

name = "x"
[table]
one = 1  # the first
many = [
    1,
    2,
]
text = '''
one = 3
'''
[table.inner]
a.b = { c = 1 }
[[rows]]
k = 1
"""


@pytest.mark.parametrize(
    ("keys", "line"),
    [
        ((), 1),
        (("name",), 3),
        (("none",), 1),
        (("table",), 4),
        (("table", "one"), 5),
        (("table", "none"), 4),
        (("table", "many"), 6),
        (("table", "many", 1), 6),
        (("table", "text"), 10),
        (("table", "inner"), 13),
        (("table", "inner", "a", "b", "c"), 14),
        (("rows", 0, "k"), 15),
    ],
)
def test_line_of(keys: tuple[str | int, ...], line: int) -> None:
    assert line_of(TEXT, keys) == line

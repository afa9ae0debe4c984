"""Links lead to where pages are on the site."""

from __future__ import annotations

import pytest

from docs.generate.links import MOVED, with_site_links
from docs.generate.packages import ROOT


@pytest.mark.parametrize(
    ("page", "link", "on_the_site"),
    [
        ("README.md", "[the guide](docs/guide.md#data-files)", "[the guide](guide.md#data-files)"),
        ("README.md", "![The\nflow](docs/flow.svg)", "![The\nflow](flow.svg)"),
        ("README.md", "[maps](examples/maps/README.md)", "[maps](examples/maps.md)"),
        ("README.md", "under the [licence](LICENSE).", "under the licence."),
        ("README.md", "[x](https://optuna.org) [y](#try-it)", "[x](https://optuna.org) [y](#try-it)"),
        ("docs/boards.md", "[README](../README.md#measured)", "[README](index.md#measured)"),
        ("docs/boards.md", "[guide](guide.md)", "[guide](guide.md)"),
        ("docs/decisions/0005-x.md", "[boards](../boards.md)", "[boards](../boards.md)"),
        ("examples/maps/README.md", "[import](../../docs/import.md)", "[import](../import.md)"),
    ],
)
def test_links(page: str, link: str, on_the_site: str) -> None:
    assert with_site_links(link, page) == on_the_site


def test_the_moved_pages_exist() -> None:
    assert [path for path in MOVED if not (ROOT / path).is_file()] == []

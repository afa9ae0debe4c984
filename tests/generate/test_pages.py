"""The generated pages cover the code, and the navigation the pages that are written by hand."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

import pytest
import yaml

from bnngen.passes.lower import RULES
from docs.generate.components import components, hardware_pages
from docs.generate.links import MOVED
from docs.generate.meanings import operators, operators_page, passes, passes_page
from docs.generate.packages import ROOT, package_pages
from docs.generate.pages import decisions, generated

SETTINGS = yaml.safe_load((ROOT / "mkdocs.yml").read_text(encoding="utf-8"))


def leaves(nav: Any) -> Iterator[str]:
    """The pages of a navigation."""
    if isinstance(nav, str):
        yield nav
    else:
        for entry in nav.values() if isinstance(nav, dict) else nav:
            yield from leaves(entry)


def test_a_page_for_each_package() -> None:
    folders = [
        path.parent
        for top in ("bnngen", "hw", "sim", "boards")
        for path in ROOT.glob(f"{top}/**/__init__.py")
    ]
    names = {".".join(folder.relative_to(ROOT).parts) for folder in folders}
    names = {name.removeprefix("hw.").removeprefix("sim.").removeprefix("boards.") for name in names}
    assert len(names) > 30
    assert set(package_pages()) == {f"reference/{name}.md" for name in names}


def test_each_module_is_on_the_page_of_its_package() -> None:
    text = package_pages()["reference/bnngen_hw.streams.md"]
    for path in (ROOT / "hw" / "bnngen_hw" / "streams").glob("[!_]*.py"):
        assert f"::: bnngen_hw.streams.{path.stem}\n" in text


def test_the_navigation_covers_every_page() -> None:
    written = {path.relative_to(ROOT / "docs").as_posix() for path in ROOT.glob("docs/**/*.md")}
    listed = [*leaves(SETTINGS["nav"]), *decisions()]
    assert len(listed) == len(set(listed))
    assert set(listed) == written | set(MOVED.values())


def test_no_generated_page_hides_another() -> None:
    places = [place for pages in generated().values() for place in pages]
    assert len(places) == len(set(places))
    assert not {*places} & {*leaves(SETTINGS["nav"]), *decisions()}


def test_decisions_are_numbered_without_a_gap() -> None:
    assert [int(place.removeprefix("decisions/")[:4]) for place in decisions()] == [
        *range(1, len(decisions()) + 1)
    ]
    for place in decisions():
        text = (ROOT / "docs" / place).read_text(encoding="utf-8")
        assert [line for line in text.splitlines() if line.startswith("## ")] == [
            "## Context",
            "## Decision",
            "## Consequences",
        ]


def test_the_operators_are_the_layers() -> None:
    assert set(re.findall(r"^## (\w+)$", operators_page(), re.MULTILINE)) >= {
        "Add",
        "ArgMax",
        "Conv2d",
        "Dense",
        "MaxPool",
        "Upsample",
    }
    assert not {"Engine", "LineBuffer"} & {kind.__name__ for kind in operators()}
    assert r"acc = factors[0]\*x0 + factors[1]\*x1 + ..." in operators_page()


def test_the_passes_are_in_the_order_of_the_rules() -> None:
    named = [rule for rules in passes().values() for rule in rules]
    assert sorted(named) == sorted(rule.__name__ for rule in RULES)
    first = [rules[0] for rules in passes().values() if rules]
    order = [rule.__name__ for rule in RULES]
    assert [order.index(rule) for rule in first] == sorted(order.index(rule) for rule in first)


@pytest.mark.parametrize("name", ["merge_steps", "integerize", "class_output"])
def test_each_pass_shows_what_it_rewrites(name: str) -> None:
    section = passes_page().split(f"## {name}\n")[1].split("\n## ")[0]
    (shown,) = [line for line in section.splitlines() if "=>" in line]
    assert shown in section.split("```text\n")[1].split("```")[0]


def test_each_component_has_a_picture_a_paragraph_and_its_ports() -> None:
    pages = hardware_pages()
    for room, kinds in components().items():
        for kind in kinds:
            section = pages[f"components/{room}.md"].split(f"## {kind.__name__}\n")[1].split("\n## ")[0]
            assert "<figure><svg" in section
            assert "| port | direction | kind | bits |" in section
            assert (kind.__doc__ or "").split()[0] in section

"""A page for each package: what its modules offer, by mkdocstrings."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).parents[2]
PACKAGES = {
    name: ROOT / folder / name
    for name, folder in {
        "bnngen": "",
        "bnngen_hw": "hw",
        "bnngen_sim": "sim",
        "bnngen_boards": "boards",
    }.items()
}
"""The packages that are installed, with their folders."""


def package_pages() -> dict[str, str]:
    """The page of each package and of each package in it, by its place on the site."""
    return {
        f"reference/{name}.md": _page(name, folder)
        for top, root in PACKAGES.items()
        for name, folder in _packages(top, root)
    }


def _packages(name: str, folder: Path) -> Iterator[tuple[str, Path]]:
    """A package and those in it, with their folders; the outer ones first."""
    yield name, folder
    for path in sorted(folder.iterdir()):
        if (path / "__init__.py").is_file():
            yield from _packages(f"{name}.{path.name}", path)


def _page(name: str, folder: Path) -> str:
    modules = [f"{name}.{path.stem}" for path in sorted(folder.glob("*.py")) if not path.stem.startswith("_")]
    itself = f"::: {name}\n    options: {{show_root_heading: false, heading_level: 1}}\n"
    return "\n".join([f"# {name}\n", itself, *(f"::: {module}\n" for module in modules)])

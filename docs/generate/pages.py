"""All pages that are generated, and where they stand in the navigation."""

from __future__ import annotations

from docs.generate.components import hardware_pages
from docs.generate.file_operators import file_operators_page, remedies_page
from docs.generate.meanings import operators_page, passes_page
from docs.generate.packages import ROOT, package_pages


def generated() -> dict[str, dict[str, str]]:
    """The generated pages, by their place on the site, below the headings of the navigation."""
    return {
        "Model files": {"file-operators.md": file_operators_page(), "remedies.md": remedies_page()},
        "Inside": {"operators.md": operators_page(), "passes.md": passes_page()},
        "Hardware components": hardware_pages(),
        "Packages": package_pages(),
    }


def decisions() -> list[str]:
    """The places of the records of decisions, the first decision first."""
    return [f"decisions/{path.name}" for path in sorted((ROOT / "docs" / "decisions").glob("*.md"))]

"""Hands the generated pages to mkdocs, and puts them into its navigation."""

from __future__ import annotations

from typing import Any

from mkdocs.structure.files import File, Files
from mkdocs.structure.pages import Page

from docs.generate.links import MOVED, with_site_links
from docs.generate.packages import ROOT
from docs.generate.pages import decisions, generated


def on_config(config: Any) -> Any:
    """Lists the decisions and the generated pages behind the pages that mkdocs.yml names."""
    config.nav.append({"Decisions": decisions()})
    config.nav.extend({heading: list(pages)} for heading, pages in generated().items())
    return config


def on_files(files: Files, config: Any) -> Files:
    """Adds the generated pages, and those from outside of docs/."""
    for pages in generated().values():
        for place, text in pages.items():
            files.append(File.generated(config, place, content=text))
    for path, place in MOVED.items():
        text = with_site_links((ROOT / path).read_text(encoding="utf-8"), path)
        files.append(File.generated(config, place, content=text))
    return files


def on_page_markdown(markdown: str, page: Page, config: Any, files: Files) -> str:
    """Lets the links of the pages in docs/ lead to where a page is on the site."""
    return markdown if page.file.generated_by else with_site_links(markdown, f"docs/{page.file.src_uri}")

"""``bnngen report``: the report of a build."""

from __future__ import annotations

import webbrowser
from typing import Annotated

import typer

from bnngen.cli.console import console
from bnngen.cli.options import BuildFolder


def command(
    folder: BuildFolder,
    open_: Annotated[bool, typer.Option("--open", help="Show it in the web browser.")] = False,
) -> None:
    """Write report.html anew from report.json."""
    from bnngen.base.files import write_text
    from bnngen.base.owned import owned
    from bnngen.reports.build import PAGE, read_report, render_html

    page, text = folder / PAGE, render_html(read_report(folder))
    with owned(folder, [PAGE]):
        write_text(page, text)
    console.print(f"report in {page}")
    if open_:
        webbrowser.open(page.resolve().as_uri())

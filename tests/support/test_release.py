"""A wheel that lacks a file is found, and the real one lacks none and runs by itself."""

from __future__ import annotations

from pathlib import Path
from zipfile import ZipFile

import pytest
from support import release


def test_what_a_wheel_lacks_is_named(tmp_path: Path) -> None:
    for name in ("bnngen/a.py", "bnngen/templates/b.j2", "sim/bnngen_sim/c.cpp", "bnngen/__pycache__/a.pyc"):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).touch()
    wheel = tmp_path / "bnngen.whl"
    with ZipFile(wheel, "w") as archive:
        archive.writestr("bnngen/a.py", "")
    assert release.missing(wheel, tmp_path) == ["bnngen/templates/b.j2", "bnngen_sim/c.cpp"]


@pytest.mark.slow
def test_the_wheel_is_whole_and_runs_in_an_empty_environment(tmp_path: Path) -> None:
    place = tmp_path / "place"
    place.mkdir()
    wheel = release.make_archives(tmp_path / "dist")
    assert release.missing(wheel) == []
    release.try_out(wheel, place)
    assert (place / "built" / "report.html").stat().st_size > 1000

"""Builds wheel and source archive, and tries the wheel: is it whole, and does it run without the repository?

The archives stay in the folder that is named; the wheel is made of the source archive.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path
from tempfile import TemporaryDirectory
from zipfile import ZipFile

ROOT = Path(__file__).parents[2]
PACKAGES = ("bnngen", "hw/bnngen_hw", "sim/bnngen_sim", "boards/bnngen_boards")
DIGITS = ROOT / "examples" / "digits"
COMMANDS = (
    "--version",
    "boards",
    "inspect digits_1w1a.onnx",
    "golden digits_1w1a.onnx digits_test.npz",
    "build digits_1w1a.onnx --board icebreaker --fps 20000 --until estimate --out built",
    "report built",
)
"""What the installed program has to do, in a folder with a model and its data."""


def make_archives(dist: Path) -> Path:
    """The wheel, made in ``dist`` beside the source archive; an index would take both."""
    for old in dist.glob("bnngen-*"):
        old.unlink()
    _run(sys.executable, "-m", "build", "--outdir", dist, ROOT)
    _run(sys.executable, "-m", "twine", "check", "--strict", *dist.glob("bnngen-*"))
    (wheel,) = dist.glob("bnngen-*.whl")
    return wheel


def missing(wheel: Path, root: Path = ROOT) -> list[str]:
    """The files of the packages that the wheel lacks: modules, templates, profiles, prices, the C++ harness."""
    with ZipFile(wheel) as archive:
        held = set(archive.namelist())
    folders = [root / package for package in PACKAGES]
    files = [(folder, path) for folder in folders for path in folder.rglob("*") if path.is_file()]
    wanted = {p.relative_to(folder.parent).as_posix() for folder, p in files if "__pycache__" not in p.parts}
    return sorted(wanted - held)


def try_out(wheel: Path, place: Path) -> None:
    """Install the wheel in an empty environment in ``place``, which is outside of the repository, and run it.

    Raises CalledProcessError if anything fails.
    """
    environment = {name: value for name, value in os.environ.items() if not name.startswith("PYTHON")}
    for name in ("digits_1w1a.onnx", "digits_test.npz"):
        shutil.copy(DIGITS / name, place)
    _run(sys.executable, "-m", "venv", place / "env")
    programs = place / "env" / "bin"
    install = (programs / "python", "-m", "pip", "install", "--quiet", "--disable-pip-version-check")
    _run(*install, "-c", ROOT / "constraints.txt", wheel.resolve(), env=environment, cwd=place)
    for command in COMMANDS:
        _run(programs / "bnngen", *command.split(), env=environment, cwd=place)


def main(dist: Path) -> None:
    """Do all of it, and end with status 1 if the wheel lacks a file."""
    wheel = make_archives(dist)
    if lacking := missing(wheel):
        sys.exit(f"{wheel.name} lacks {', '.join(lacking)}")
    with TemporaryDirectory() as place:
        try_out(wheel, Path(place))
    print(f"{wheel} is whole, and runs by itself")


def _run(*command: object, env: dict[str, str] | None = None, cwd: Path | None = None) -> None:
    subprocess.run(list(map(str, command)), env=env, cwd=cwd, check=True)


if __name__ == "__main__":
    main(Path(sys.argv[1]))

"""Runs yosys inside Python, from the package pyosys: ``python native_yosys.py SCRIPT``.

A program of its own, run by its path, so that yosys can be ended at any time and takes no other module with
it. Takes ``SCRIPT`` (a file), ``-p COMMANDS`` or ``--version``; exits with 1 if yosys fails.
"""

from __future__ import annotations

import sys


def main(arguments: list[str]) -> int:
    """What yosys prints goes to standard output and standard error; returns the exit status."""
    try:
        from pyosys import libyosys
    except ImportError as error:
        print(f"ERROR: the package pyosys does not load: {error}", file=sys.stderr)
        print("ERROR: uninstall it to use the WebAssembly yosys, or name a yosys in YOSYS", file=sys.stderr)
        return 1
    if arguments == ["--version"]:
        print(" ".join(libyosys.yosys_maybe_version().split()[:2]), "(pyosys)")
        return 0
    commands = arguments[1] if arguments[0] == "-p" else f"script {arguments[0]}"
    libyosys.run_pass(commands, libyosys.Design())  # an error of yosys ends the process, with status 1
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

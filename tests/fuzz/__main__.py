"""Fuzzes bnngen: ``python -m tests.fuzz [--kind model] [--count 1000] [--seed 1] [--keep DIR]``."""

from __future__ import annotations

import argparse
import secrets
import sys
from pathlib import Path

from tests.fuzz.campaign import Campaign
from tests.fuzz.kinds import KINDS
from tests.fuzz.seeds import shared_folder
from tests.fuzz.tally import Tally
from tests.fuzz.worker import Worker


def main() -> int:
    """Returns 1 if anything failed."""
    parser = argparse.ArgumentParser(description="Fuzz bnngen with mutants of files.")
    parser.add_argument("--kind", choices=list(KINDS), default="model", help="what is changed")
    parser.add_argument("--count", type=int, default=1_000, help="how many mutants")
    parser.add_argument("--first", type=int, default=0, help="the number of the first")
    parser.add_argument("--seed", type=int, default=secrets.randbits(32), help="what chooses them")
    parser.add_argument("--keep", type=Path, help="the folder for the smallest files that fail")
    options = parser.parse_args()
    print(f"seed {options.seed}", flush=True)
    with Worker() as worker:
        campaign = Campaign(options.kind, options.seed, worker.judge, options.keep, shared_folder())
        tally = campaign.run(options.count, options.first, _progress)
    print(tally.text)
    return 1 if tally.faults else 0


def _progress(tally: Tally) -> None:
    if tally.mutants % 100 == 0:
        print(f"{tally.mutants} mutants, {tally.seconds:.0f} s, {len(tally.faults)} faults", file=sys.stderr)


if __name__ == "__main__":
    sys.exit(main())

"""Many mutants, one after another: counted, and what fails shrunk and kept."""

from __future__ import annotations

import hashlib
import time
import warnings
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from random import Random

from tests.fuzz.kinds import KINDS
from tests.fuzz.mutant import Mutant
from tests.fuzz.shrink import shrunk
from tests.fuzz.tally import Fault, Signature, Tally
from tests.fuzz.verdict import Verdict
from tests.fuzz.worker import Judge


@dataclass(frozen=True)
class Campaign:
    """Mutants of one kind of files, all of which follow from ``seed``.

    ``judge`` says what bnngen makes of each. The smallest file of each fault goes into the folder ``keep``;
    ``shared`` is the folder with more files to begin with.
    """

    kind: str
    seed: int
    judge: Judge
    keep: Path | None = None
    shared: Path | None = None

    def mutant(self, number: int) -> Mutant:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # changes that lose digits are as good as any
            return KINDS[self.kind].make(Random(f"{self.seed}-{self.kind}-{number}"), self.shared)

    def run(self, count: int, first: int = 0, told: Callable[[Tally], object] = lambda tally: None) -> Tally:
        """Judge the mutants from number ``first`` on; ``told`` hears of each."""
        tally, start = Tally(), time.monotonic()
        for number in range(first, first + count):
            mutant = self.mutant(number)
            verdict = self.judge(self.kind, mutant.contents)
            tally.count(number, mutant, verdict)
            if verdict.fault:
                self._add(tally, number, mutant, verdict)
            tally.seconds = time.monotonic() - start
            told(tally)
        return tally

    def _add(self, tally: Tally, number: int, mutant: Mutant, verdict: Verdict) -> None:
        """Count a fault; the first of its kind is shrunk and kept."""
        signature: Signature = (*verdict.signature, "")
        if signature not in tally.faults:
            mutant = self._least(mutant, verdict)
        if verdict.kind == "wrong":
            signature = (*verdict.signature, mutant.changes)
        if signature in tally.faults:
            tally.faults[signature].times += 1
            return
        contents = self._smallest(mutant.contents, verdict)
        fault = Fault(number, mutant, self.judge(self.kind, contents), contents)
        tally.faults[signature] = fault
        if self.keep is not None:
            self.keep.mkdir(parents=True, exist_ok=True)
            name = hashlib.sha256(contents).hexdigest()[:8]
            fault.path = self.keep / f"{verdict.kind}_{name}{KINDS[self.kind].suffix}"
            fault.path.write_bytes(contents)

    def _fails_as(self, verdict: Verdict, contents: bytes) -> bool:
        return self.judge(self.kind, contents).signature == verdict.signature

    def _least(self, mutant: Mutant, verdict: Verdict) -> Mutant:
        """The mutant without the changes that are not needed to fail in the same way."""
        for fewer in mutant.fewer():
            if self._fails_as(verdict, fewer.contents):
                return self._least(fewer, verdict)
        return mutant

    def _smallest(self, contents: bytes, verdict: Verdict) -> bytes:
        if verdict.kind in ("hang", "died"):  # each attempt would take as long
            return contents
        return shrunk(contents, KINDS[self.kind].smaller, lambda c: self._fails_as(verdict, c))

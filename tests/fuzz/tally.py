"""What a campaign counted, and the faults that it found."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path

from tests.fuzz.mutant import Mutant
from tests.fuzz.verdict import ACCEPTED, Verdict

MOST_TEXT = 200
Signature = tuple[str, str, str]
"""A verdict's kind and detail, and for wrong answers the changes that it takes: what is wrong does not tell why."""


@dataclass
class Fault:
    """The mutant ``number`` that fails, and the smallest file found that fails in the same way."""

    number: int
    mutant: Mutant
    verdict: Verdict
    contents: bytes
    path: Path | None = None
    times: int = 1

    @property
    def text(self) -> str:
        """One line."""
        where = "" if self.path is None else f"{self.path.name}: "
        *_, last = ["", *self.verdict.message.strip().splitlines()]
        return (
            f"{where}{self.verdict.kind}, {self.verdict.detail}, {self.times} times, first as mutant "
            f"{self.number} ({self.mutant.origin}: {self.mutant.changes}): {last[:MOST_TEXT]}"
        )


@dataclass
class Tally:
    """How many mutants there were of each kind of verdict; those that bnngen takes and nobody else; the faults."""

    verdicts: Counter[str] = field(default_factory=Counter)
    unevaluated: dict[str, list[str]] = field(default_factory=dict)
    faults: dict[Signature, Fault] = field(default_factory=dict)
    seconds: float = 0.0

    @property
    def mutants(self) -> int:
        return self.verdicts.total()

    @property
    def accepted(self) -> float:
        """The share that bnngen accepts."""
        accepted = sum(self.verdicts[kind] for kind in ACCEPTED)
        return accepted / max(1, self.mutants)

    def count(self, number: int, mutant: Mutant, verdict: Verdict) -> None:
        self.verdicts[verdict.kind] += 1
        if verdict.kind == "unevaluated":
            told = f"mutant {number} ({mutant.origin}: {mutant.changes}): {verdict.message[:MOST_TEXT]}"
            self.unevaluated.setdefault(verdict.detail, []).append(told)

    @property
    def text(self) -> str:
        """A few lines."""
        counts = ", ".join(f"{count} {kind}" for kind, count in self.verdicts.most_common())
        lines = [f"{self.mutants} mutants in {self.seconds:.0f} s: {counts}; {self.accepted:.0%} accepted"]
        lines += [f"unevaluated, {d}, {len(t)} times, first as {t[0]}" for d, t in self.unevaluated.items()]
        return "\n".join([*lines, *(fault.text for fault in self.faults.values())])

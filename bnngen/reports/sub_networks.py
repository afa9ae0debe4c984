"""Records of a supernet and of what is taken out of it: the ``--json`` of both commands has all of them."""

from __future__ import annotations

from collections.abc import Mapping

from bnngen.reports.records import Number, Positive, Record, Share, Whole
from bnngen.reports.results import RunRecord


class JudgedRecord(Record):
    """A sub-network that was judged: its genes, how many weights it has, and its accuracy on the validation
    part."""

    genes: dict[str, Whole]
    weights: Whole
    accuracy: Share


class SupernetRecord(Record):
    """Of ``bnngen supernet``. ``genes`` has the values of all that may vary; their ``combinations`` are more
    than there are different networks. ``kendall_tau`` is the rank correlation of what the predictor says of
    the second half of the judged networks, when it knows the first, and what they reach."""

    genes: dict[str, list[Whole]]
    combinations: Whole
    epochs: Whole
    seconds: Number
    largest_accuracy: Share
    smallest_accuracy: Share
    judged: list[JudgedRecord]
    kendall_tau: float


class SubnetRecord(Record):
    """A sub-network that was tried. ``predicted_accuracy`` is the predictor's, ``validation_accuracy`` what
    it gets of the validation part, of those that were judged. ``fps`` is the accelerator's rate, ``link_fps``
    that of the board's serial line, if it has one."""

    number: Whole
    genes: dict[str, Whole]
    weight_memory_bits: Whole
    bram: Whole
    lut: Whole
    fps: Positive
    link_fps: Number | None = None
    predicted_accuracy: float
    validation_accuracy: Share | None = None

    @property
    def sizes(self) -> str:
        """The input's size, then blocks x channels of each width with their windows, then neurons."""
        genes, found = self.genes, []
        if "size" in genes:
            found.append(f"{genes['size']}:")
        for stage in range(_count(genes, "width")):
            windows = [v for g, v in genes.items() if g.startswith(f"kernel_{stage}_")]
            depth = genes.get(f"depth_{stage}")
            if depth is None and stage >= genes.get("depth", stage + 1):
                break
            kept = windows[:depth]
            found.append(f"{genes[f'width_{stage}']}" + (f"({','.join(map(str, kept))})" if kept else ""))
        found += [str(genes[f"dense_{k}"]) for k in range(_count(genes, "dense"))]
        return " ".join(found)

    @property
    def bits(self) -> str:
        """Of weights and activations."""
        return f"{self.genes['weight_bits']}W{self.genes['act_bits']}A"

    @property
    def accuracy(self) -> float:
        """As judged, or else as predicted."""
        return self.predicted_accuracy if self.validation_accuracy is None else self.validation_accuracy

    def dominates(self, other: SubnetRecord) -> bool:
        """Whether it is nowhere worse, and somewhere better, than ``other``."""
        own, its = ((c.accuracy, -c.bram, -c.lut, c.fps) for c in (self, other))
        return own != its and all(a >= b for a, b in zip(own, its, strict=True))


def _count(genes: Mapping[str, int], name: str) -> int:
    return sum(gene.startswith(f"{name}_") and gene != f"{name}_bits" for gene in genes)


class ContributionRecord(Record):
    """What one dimension adds: the winner with the largest network's genes there. ``genes`` are the winner's
    own; the rest is None where that network does not fit the board."""

    dimension: str
    genes: dict[str, Whole]
    fits: bool
    predicted_accuracy: float
    bram: Whole | None = None
    lut: Whole | None = None
    fps: Positive | None = None


class SpecializedRecord(Record):
    """Of ``bnngen specialize``, and candidates.json. ``tried`` networks were planned, of which ``candidates``
    fit; ``test`` is what the winner gets of the test part, ``untuned_accuracy`` what it got of the validation
    part before it was trained further."""

    board: str
    tried: Whole
    candidates: list[SubnetRecord]
    winner: SubnetRecord
    contributions: list[ContributionRecord]
    untuned_accuracy: Share
    test: RunRecord
    warnings: list[str]

    @property
    def front(self) -> list[SubnetRecord]:
        """The candidates that no other dominates, the best first."""
        found = [c for c in self.candidates if not any(other.dominates(c) for other in self.candidates)]
        return sorted(found, key=lambda c: -c.accuracy)

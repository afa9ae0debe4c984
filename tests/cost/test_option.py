"""Dominated options are dropped, all others kept."""

from itertools import product

from hypothesis import given
from hypothesis import strategies as st

from bnngen.cost.folding import Folding
from bnngen.cost.option import Option, pareto
from bnngen.cost.resources import Resources

Figures = tuple[int, int, int]
FIGURES = st.lists(st.tuples(*[st.integers(1, 6)] * 3), min_size=1, max_size=20)


def make(figures: Figures, index: int) -> Option:
    cycles, lut, bram = figures
    return Option(Folding(1, index + 1), "block", "registers", cycles, Resources(lut=lut, bram=bram))


def figures_of(option: Option) -> Figures:
    return option.cycles, option.resources.lut, option.resources.bram


@given(FIGURES)
def test_pareto_keeps_one_of_each_undominated_figure(all_: list[Figures]) -> None:
    kept = [figures_of(option) for option in pareto([make(f, i) for i, f in enumerate(all_)])]
    beaten = {a for a, b in product(all_, all_) if a != b and all(y <= x for x, y in zip(a, b, strict=True))}
    assert sorted(kept) == sorted(set(all_) - beaten)

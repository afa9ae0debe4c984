"""A student that fits: how it begins, what it takes of the board, and how well it has learned."""

from __future__ import annotations

from dataclasses import dataclass

from bnngen.compress.choices import Start
from bnngen.design import Design
from bnngen.emit.board_link import link_fps
from bnngen.reports.build import weight_bits
from bnngen.reports.results import CandidateRecord
from bnngen.train.recipe import ModelTable, Recipe


@dataclass(frozen=True, eq=False)
class Candidate:
    """``model`` has its sizes; the ``recipe`` by which it learns has the larger network's if it is pruned.

    ``validation`` is the golden model's accuracy on the validation part after the recipe's epochs, 0 before.
    """

    number: int
    start: Start
    model: ModelTable
    recipe: Recipe
    design: Design
    validation: float = 0.0
    final: bool = False

    @property
    def figures(self) -> CandidateRecord:
        """What tables and plots show of it."""
        model, need = self.model, self.design.resources
        return CandidateRecord(
            number=self.number,
            start=self.start,
            widths=list(model.widths or ()),
            dense=list(model.dense or ()),
            weight_bits=model.weight_bits,
            act_bits=model.act_bits,
            epochs=self.recipe.train.epochs,
            weight_memory_bits=weight_bits(self.design.schedule.network),
            bram=need.bram,
            lut=need.lut,
            fps=self.design.fps,
            link_fps=link_fps(self.design),
            validation_accuracy=self.validation,
            final=self.final,
        )

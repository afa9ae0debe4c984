"""What a sub-network takes of a board, as the scheduler plans it."""

from __future__ import annotations

from dataclasses import dataclass

from bnngen.emit.board_link import link_fps
from bnngen.reports.build import weight_bits
from bnngen.supernet.dimensions import Genes
from bnngen.supernet.judge import Material
from bnngen.train.hardware import BoardTarget, fitted


@dataclass(frozen=True)
class Cost:
    """Estimates of a design, and its rates in frames/s: the accelerator's, and the serial line's if there is
    one. ``weight_memory_bits`` are those of all weights."""

    weight_memory_bits: int
    bram: int
    lut: int
    fps: float
    link_fps: float | None


def cost_on(material: Material, genes: Genes, target: BoardTarget) -> Cost | None:
    """What the sub-network ``genes`` takes of the ``target``; None if it does not fit."""
    design = fitted(material.space.sub(genes), material.at(genes).prepared, target)
    if design is None:
        return None
    need = design.resources
    bits = weight_bits(design.schedule.network)
    return Cost(bits, need.bram, need.lut, design.fps, link_fps(design))

"""Says why a network does not fit a board: which layers and memories are too much, by how much, and what
would fit."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from bnngen.cost.resources import Resources
from bnngen.schedule.budget import available, host_link
from bnngen.schedule.problem import Problem
from bnngen.schedule.solver import KINDS, Kind, least, smallest
from bnngen_boards.pll import plan_clock
from bnngen_boards.profile import Board, board_names, load_board

NAMED_LAYERS = 3
"""So many of the largest layers are named."""
LUT_ROM_BITS = 64
"""No LUT of any board holds more weight bits."""


def link_alone(board: Board) -> str:
    """Why nothing at all fits the board: what its serial link takes alone; empty if the link fits."""
    have, need = available(board), host_link(board)
    name = board.resources.bram.kind
    if board.uart is not None and need.bram > have.bram:
        return (
            f"the network doesn't fit {board.name}: the buffer of its serial link (uart.buffer_bytes = "
            f"{board.uart.buffer_bytes:,}) alone takes {need.bram:,} of {have.bram:,} {name}; give it a "
            "smaller buffer, or take a device with more block RAM"
        )
    if need.lut >= have.lut or need.ff >= have.ff:
        return (
            f"the network doesn't fit {board.name}: its serial link alone takes {need.lut:,} of {have.lut:,} "
            f"LUTs and {need.ff:,} of {have.ff:,} flip-flops; take a larger device"
        )
    return ""


def memory_alone(board: Board, blocks: int) -> str:
    """Why a design of so many ``blocks`` does not fit, whose layers have chosen none."""
    have, name = available(board).bram, board.resources.bram.kind
    return (
        f"the network doesn't fit {board.name}: with all weights in logic, the lines and queues between its "
        f"layers and the serial link's buffer still take {blocks:,} of {have:,} {name}; use fewer channels "
        "or smaller maps, a smaller uart.buffer_bytes, or a larger board"
    )


def why_not(problem: Problem) -> str:
    """The message for a ``problem`` without a solution."""
    parts = [_headline(problem), *_trouble(problem), _advice(problem)]
    return "; ".join(part for part in parts if part)


def _free(problem: Problem) -> Resources:
    """What the layers may take together; of a network that fits nowhere on the board, all of it."""
    return problem.budget if problem.fastest is not None else problem.whole


def _headline(problem: Problem) -> str:
    name, clock, limit = problem.board.name, float(problem.clock_mhz), problem.limit
    if limit is None and problem.fastest is not None:
        return f"the network doesn't fit the {problem.budget.lut:,} LUTs of {name} that route well"
    if problem.fastest is None or limit is None:
        return f"the network doesn't fit {name}: its weights are {problem.weight_bits:,} bits"
    best = float(problem.clock_mhz * 1_000_000 / problem.fastest)
    return (
        f"that rate doesn't fit {name} at {clock:g} MHz: it leaves {limit or 'less than 1'} cycles a frame, "
        f"and the fastest design that fits the whole device takes {problem.fastest} ({best:,.0f} frames/s)"
    )


def _trouble(problem: Problem) -> Iterator[str]:
    """What comes closest to being enough and is still too little, everything else within its limits; if more
    than one thing is too little by itself, what the smallest design exceeds most."""
    if problem.limit == 0:
        return
    options, free, limit = problem.options, _free(problem), problem.limit
    slow = list(_too_slow(problem))
    if slow:
        yield ", ".join(slow[:NAMED_LAYERS])
        return
    ways = {kind: least(options, free, limit, kind) for kind in KINDS}
    single = any(ways.values())
    if not single:
        ways = dict.fromkeys(KINDS, smallest(options, free, limit))
    needs = {kind: [getattr(o.resources, kind) for o in way] for kind, way in ways.items() if way}
    excess = {kind: sum(layers) / max(1, getattr(free, kind)) for kind, layers in needs.items()}
    kind = (min if single else max)(excess, key=lambda kind: excess[kind])
    yield _too_much(problem, kind, needs[kind])


def _too_slow(problem: Problem) -> Iterator[str]:
    """The layers that can't be done in so few cycles, whatever they take."""
    for (name, _), options in zip(problem.layers, problem.options, strict=True):
        least_cycles = min(option.cycles for option in options)
        if problem.limit is not None and least_cycles > problem.limit:
            yield f"layer '{name}' takes at least {least_cycles:,} cycles a frame, however large it is built"


def _too_much(problem: Problem, kind: Kind, needs: list[int]) -> str:
    units = {"bram": problem.board.resources.bram.kind, "lut": "LUTs", "ff": "flip-flops", "spram": "SPRAM"}
    total, free, unit = sum(needs), getattr(_free(problem), kind), units[kind]
    largest = sorted(zip(needs, problem.layers, strict=True), key=lambda entry: -entry[0])[:NAMED_LAYERS]
    named = [
        f"layer '{name}' {need:,} for its {op.weight_bits:,} weight bits"
        for need, (name, op) in largest
        if need
    ]
    return f"it needs {total:,} of {free:,} {unit}, {total - free:,} too many: {', '.join(named)}"


def _advice(problem: Problem) -> str:
    """What would fit."""
    rate_fits = problem.fastest is not None
    if rate_fits and problem.limit is None:
        return "ask for a rate (--fps), or for the fastest on the whole device (--fps max)"
    board = smallest_board(problem)
    larger = (
        f"board {board.name}, on which it fits" if board else "a board larger than those that bnngen knows"
    )
    if rate_fits:
        return f"ask for fewer frames, a faster clock (--clock) or {larger}"
    memory = problem.board.resources.bram
    room = _free(problem).bram * memory.bits
    return (
        f"use fewer channels, neurons or bits (the free {memory.kind} hold {room:,} weight bits), or {larger}"
    )


def smallest_board(problem: Problem) -> Board | None:
    """The smallest known board on which the problem has a solution, at the board's own clock."""
    boards = (load_board(name) for name in board_names() if name != problem.board.name)
    for board in sorted(boards, key=_size):
        memory = board.resources.bram
        if problem.weight_bits > memory.blocks * memory.bits + board.resources.lut * LUT_ROM_BITS:
            continue
        clock = plan_clock(board.clock, board.clock.default_mhz).out_mhz
        if replace(problem, board=board, clock_mhz=clock).solution is not None:
            return board
    return None


def _size(board: Board) -> tuple[int, int, str]:
    r = board.resources
    return r.bram.blocks * r.bram.bits, r.lut, board.name

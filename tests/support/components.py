"""Runs stream components in the Amaranth simulator as functions from beats to beats."""

from __future__ import annotations

import random
from collections.abc import Callable, Coroutine, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pytest
from amaranth.hdl import Cat, Module, Signal
from amaranth.lib.wiring import Component, In, Out, connect, flipped
from amaranth.sim import Simulator

from bnngen_hw.counting import delay_line
from bnngen_hw.part import bit_stream
from bnngen_hw.streams.credit import CreditFifo

Testbench = Callable[[Any], Coroutine[Any, Any, None]]
"""Drives and watches a component by the context that Amaranth's simulator hands over."""


@dataclass
class Run:
    """What one simulation saw. ``taken`` and ``given``: the cycles of the input's and output's transfers;
    ``offered``: the first cycle of each output beat."""

    outputs: list[int] = field(default_factory=list)
    taken: list[int] = field(default_factory=list)
    offered: list[int] = field(default_factory=list)
    given: list[int] = field(default_factory=list)


@dataclass
class Bench:
    """Drives ``i`` and takes from ``o``; every method call is one simulation from reset.

    ``i`` and ``o`` are (payload, valid, ready) of the component's two sides.
    """

    component: Any
    i: tuple[Any, Any, Any]
    o: tuple[Any, Any, Any]

    def run(
        self,
        beats: Sequence[int],
        expected: int,
        times: Sequence[int] | None = None,
        gap: float = 0.0,
        stall: float = 0.0,
        seed: int = 0,
        idle: int = 12,
        pace: int = 1,
    ) -> Run:
        """Sends ``beats``; beat n is offered from cycle ``times[n]`` on (by default: at once, but in each
        cycle withheld with probability ``gap``). The sink stalls with probability ``stall``. Ends ``idle``
        cycles after ``expected`` output beats. An offer that changes or goes before it is taken fails; so
        does a component that takes much more than ``pace`` cycles per beat."""
        rng = random.Random(seed)
        seen = Run()
        limit = (max(times, default=0) if times is not None else 0) + 400
        limit += int(4 * pace * (len(beats) + expected) / ((1 - gap) * (1 - stall)))

        async def drive(ctx: Any) -> None:
            sent, waiting, held, left = 0, False, None, idle
            for cycle in range(limit):
                if not waiting and sent < len(beats):
                    waiting = cycle >= times[sent] if times is not None else rng.random() >= gap
                offer = beats[sent] if waiting else rng.getrandbits(len(self.i[0]))
                ready = rng.random() >= stall
                inputs = offer | (waiting << len(self.i[0])) | (ready << (len(self.i[0]) + 1))
                ctx.set(Cat(self.i[0], self.i[1], self.o[2]), inputs)
                held = self._observe(ctx, cycle, ready, held, seen)
                if waiting and ctx.get(self.i[2]):
                    seen.taken.append(cycle)
                    sent, waiting = sent + 1, False
                left = left - 1 if len(seen.outputs) >= expected and sent == len(beats) else idle
                if not left:
                    return
                await ctx.tick()
            pytest.fail(f"no end: {sent} of {len(beats)} beats in, {len(seen.outputs)} of {expected} out")

        simulate(self.component, drive)
        assert len(seen.outputs) == expected
        return seen

    def _observe(self, ctx: Any, cycle: int, ready: bool, held: int | None, seen: Run) -> int | None:
        """Records this cycle's offer; returns it if it was not taken."""
        valid, payload = ctx.get(self.o[1]), ctx.get(self.o[0])
        if held is not None:
            assert valid, f"cycle {cycle}: an offer was withdrawn"
            assert payload == held, f"cycle {cycle}: an offer changed"
        elif valid:
            seen.offered.append(cycle)
        if valid and ready:
            seen.outputs.append(payload)
            seen.given.append(cycle)
        return payload if valid and not ready else None

    def check_arrivals(self, beats: Sequence[int], expected: int, times: Sequence[int]) -> None:
        """One frame, offered at ``times``: the output comes in exactly the cycles that `arrivals` says."""
        seen = self.run(beats, expected, times=times)
        promised = self.component.arrivals(np.array(times))
        assert promised.dtype == np.int64
        assert seen.offered == promised.tolist()

    def check_takes(self, beats: Sequence[int], expected: int, times: Sequence[int]) -> None:
        """Beats offered at ``times``: each is taken in exactly the cycle that `takes` says."""
        seen = self.run(beats, expected, times=times)
        assert seen.taken == self.component.takes(np.array(times)).tolist()

    def check_interval(self, beats: Sequence[int], expected: int, frames: int = 6) -> None:
        """Frame after frame without a pause: the last beats are `interval` cycles apart in the end."""
        seen = self.run(list(beats) * frames, expected * frames)
        last = seen.given[expected - 1 :: expected]
        assert last[-1] - last[-2] == self.component.interval
        assert last[-2] - last[-3] == self.component.interval


class Pipeline(Component):
    """Free-running, with a `CreditFifo` at its end: takes a beat whenever a credit is free; its result is offered
    ``latency`` cycles later."""

    def __init__(self, width: int, latency: int, depth: int) -> None:
        self.width, self.latency, self.depth = width, latency, depth
        super().__init__({"i": In(bit_stream(width)), "o": Out(bit_stream(width))})

    def elaborate(self, platform: Any) -> Module:
        m = Module()
        m.submodules.end = end = CreditFifo(self.width, self.depth)
        m.d.comb += [self.i.ready.eq(end.free), end.promise.eq(self.i.valid & end.free)]
        m.d.comb += end.push.eq(delay_line(m, end.promise, self.latency - 1)[-1])
        m.d.comb += end.payload.eq(delay_line(m, self.i.payload, self.latency - 1)[-1])
        connect(m, end.o, flipped(self.o))
        return m


def simulate(component: Any, *testbenches: Testbench) -> None:
    """Runs test benches beside a component. The register gives a component of wires a clock domain too."""
    m = Module()
    m.submodules.component = component
    m.d.sync += Signal(name="unused").eq(1)
    simulator = Simulator(m)
    simulator.add_clock(1e-6)
    for testbench in testbenches:
        simulator.add_testbench(testbench)
    simulator.run()


def bench(component: Any) -> Bench:
    """A bench for a component with streams ``i`` and ``o``."""
    i, o = component.i, component.o
    return Bench(component, (i.payload, i.valid, i.ready), (o.payload, o.valid, o.ready))


def ready_is_independent(component: Any) -> None:
    """Fails if ``i.ready`` depends combinationally on ``o.ready`` or ``i.valid`` in any state reached."""

    async def walk(ctx: Any) -> None:
        rng = random.Random(1)
        seen: set[int] = set()
        for _ in range(300):
            answers = set()
            for offers, takes in [(0, 0), (0, 1), (1, 0), (1, 1)]:
                ctx.set(component.o.ready, takes)
                ctx.set(component.i.valid, offers)
                answers.add(ctx.get(component.i.ready))
            assert len(answers) == 1, "i.ready depends on an input"
            seen |= answers
            ctx.set(component.i.valid, rng.random() < 0.9)
            ctx.set(component.o.ready, rng.random() < 0.4)
            await ctx.tick()
        assert seen == {0, 1}, "the component never stalled"

    simulate(component, walk)

"""Components that are asked, and built only perhaps."""

import pytest

from bnngen_hw.buffers.window import SlidingWindow
from bnngen_hw.buffers.window_plan import WindowPlan

PLAN = WindowPlan((4, 4), 1, (2, 2))


def test_ports_are_made_once_they_are_asked_for() -> None:
    part = SlidingWindow(PLAN, 3)
    assert "i" not in vars(part)
    port = part.o
    assert part.o is port
    assert len(part.i.payload) == 3
    assert set(part.signature.members) == {"i", "o"}


def test_the_signature_is_there_before_any_port() -> None:
    part = SlidingWindow(PLAN, 3)
    assert part.signature is part.signature
    assert part.signature.is_compliant(part)


def test_what_is_no_port_is_named() -> None:
    with pytest.raises(AttributeError, match=r"^SlidingWindow has no attribute 'q'$"):
        _ = SlidingWindow(PLAN, 3).q


def test_the_same_anew_with_changes() -> None:
    assert SlidingWindow(PLAN, 3).rebuilt(capacity=9).capacity == 9

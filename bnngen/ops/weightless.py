"""What the operators without weights have in common."""

from __future__ import annotations


class Weightless:
    """No weights: nothing to multiply by, nothing to store."""

    @property
    def weight_type(self) -> None:
        """There is none."""

    @property
    def parameters(self) -> int:
        """Weights."""
        return 0

    @property
    def operations(self) -> int:
        """Multiply-accumulates a frame."""
        return 0

    @property
    def weight_bits(self) -> int:
        """Bits of all weights."""
        return 0

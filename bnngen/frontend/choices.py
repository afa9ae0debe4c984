"""What a model file leaves open, as its user decides it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, get_args

from bnngen.base.errors import UsageError
from bnngen.frontend.input_type import InputType, parse_input_type

SignOfZero = Literal["plus", "minus", "zero"]
SIGN_OF_ZERO = "bnngen.sign_of_zero"
"""Where a file's metadata say how its plain Signs are meant."""


@dataclass(frozen=True)
class ImportChoices:
    """How to read what a file leaves open.

    ``input``: what the accelerator takes, where the file has no quantiser at its input. ``sign_of_zero``:
    what a plain Sign gives at 0: +1, -1, or 0, as ONNX says, in a ternary tensor. ``cut_at``: the node or
    tensor at which the network ends. None leaves it to the file.
    """

    input: InputType | None = None
    sign_of_zero: SignOfZero | None = None
    cut_at: str | None = None

    @classmethod
    def of(
        cls,
        input: str | InputType | None = None,
        sign_of_zero: str | None = None,
        cut_at: str | None = None,
    ) -> ImportChoices:
        """The choices that a user has typed. Raises UsageError for what can't be read."""
        if sign_of_zero is not None and sign_of_zero not in get_args(SignOfZero):
            raise UsageError(
                f"the sign of zero is {', '.join(get_args(SignOfZero))}, not '{sign_of_zero}': +1, -1, or 0 "
                "as ONNX says"
            )
        if cut_at is not None and not cut_at:
            raise UsageError("the node at which to cut has a name, but none is given")
        chosen = parse_input_type(input) if isinstance(input, str) else input
        return cls(chosen, sign_of_zero, cut_at)  # type: ignore[arg-type]  # checked above

    def to_dict(self) -> dict[str, str]:
        """Those that were made, as a user types them."""
        made = {"input": self.input, "sign_of_zero": self.sign_of_zero, "cut_at": self.cut_at}
        return {name: str(value) for name, value in made.items() if value is not None}

from __future__ import annotations

from random import Random

import onnx
import pytest

from tests.fuzz.seeds import random_seed
from tests.fuzz.shrink import MOST_ATTEMPTS, shrunk, smaller_bytes, smaller_models, smaller_text


def operators(contents: bytes) -> list[str]:
    return [node.op_type for node in onnx.ModelProto.FromString(contents).graph.node]


@pytest.mark.parametrize("op", ["MatMul", "Conv", "Quant"])
def test_a_model_shrinks_to_what_it_takes_to_fail(op: str) -> None:
    seeds = (random_seed(Random(number)).contents for number in range(100))
    contents = next(c for c in seeds if op in operators(c) and len(operators(c)) > 5)
    small = shrunk(contents, smaller_models, lambda c: op in operators(c))
    assert operators(small) == [op]
    assert len(small) < len(contents) / 2


def test_bytes_and_lines_shrink_too() -> None:
    assert shrunk(b"a" * 100 + b"X" + b"b" * 100, smaller_bytes, lambda c: b"X" in c) == b"X"
    text = "".join(f"line {n}\n" for n in range(50)).encode()
    assert shrunk(text, smaller_text, lambda c: b"line 7\n" in c) == b"line 7\n"


def test_it_gives_up_in_time() -> None:
    asked: list[bytes] = []

    def never(contents: bytes) -> bool:
        asked.append(contents)
        return False

    shrunk(bytes(10_000), smaller_bytes, never)
    assert len(asked) == MOST_ATTEMPTS

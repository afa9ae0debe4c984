"""Memory block counts against brute force, and sums of resources."""

import pytest

from bnngen.cost.resources import Resources, logic_rom_luts, memory_blocks

ICE40 = ((16, 256), (8, 512), (4, 1024), (2, 2048))


def test_resources_add_up_kind_by_kind() -> None:
    assert Resources(1, 2, 3, 4) + Resources(10, 20, 30, 40) == Resources(11, 22, 33, 44)


@pytest.mark.parametrize(
    ("width", "depth", "blocks"),
    [
        (16, 256, 1),
        (17, 256, 2),
        (16, 257, 2),
        (8, 512, 1),
        (208, 244, 13),
        (2, 2048, 1),
        (2, 2049, 2),
        (1, 1, 1),
    ],
)
def test_memory_takes_the_shape_that_needs_the_fewest_blocks(width: int, depth: int, blocks: int) -> None:
    assert memory_blocks(width, depth, ICE40) == blocks


def test_a_rom_of_one_word_is_wiring() -> None:
    assert logic_rom_luts(100, 1, 4) == 0


def test_a_lut_holds_as_many_words_as_it_has_entries() -> None:
    assert logic_rom_luts(100, 16, 4) == logic_rom_luts(100, 64, 6) == 100


def test_few_address_bits_have_few_functions() -> None:
    assert logic_rom_luts(1000, 8, 4) == 256

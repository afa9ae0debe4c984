"""What all foldings of a layer cost at once is what each costs alone, and only dominated ones are left out."""

from hypothesis import given, settings
from hypothesis import strategies as st
from support.narrow import of_type
from support.networks import branching_networks, make_network, map_networks

from bnngen.cost.folding import Foldings
from bnngen.cost.option import Place, pareto
from bnngen.ops.dense import Dense
from bnngen.reference.network import Network
from bnngen_boards.profile import Board, load_board

DENSE = st.builds(
    make_network,
    st.integers(0, 99),
    st.tuples(*[st.integers(1, 70)] * 3),
    st.sampled_from([["bipolar", "unsigned3"], ["ternary", "bipolar"]]),
    st.sampled_from(["bipolar", "signed3"]),
)
BOARDS = st.sampled_from(["icebreaker", "ulx3s_85f", "arty_a7_100"]).map(load_board)


@settings(max_examples=60, deadline=None)
@given(DENSE | map_networks() | branching_networks(), BOARDS, st.booleans())
def test_options_are_all_that_nothing_beats(network: Network, board: Board, first: bool) -> None:
    for layer in network.layers:
        if layer.op.foldable:
            place = Place(first=first)
            every = list(layer.op.all_options(board, place))
            assert layer.op.options(board, place) == pareto(every)
            assert len(set(every)) == len(every)


@settings(max_examples=30, deadline=None)
@given(DENSE, BOARDS)
def test_a_folding_costs_the_same_alone(network: Network, board: Board) -> None:
    for layer in network.layers:
        engine = of_type(Dense, layer.op).engine
        for together in engine.options(board.fabric, engine.foldings):
            ff, blocks = engine.flip_flops(together, board.fabric.target), engine.block_roms(together, board)
            for k, folding in enumerate(together.folding.each()[::7]):
                alone = together._replace(folding=Foldings.of([folding]))
                assert engine.flip_flops(alone, board.fabric.target).tolist() == [ff[7 * k]]
                if "block" in (together.rom_style, together.table_style):
                    assert engine.block_roms(alone, board).blocks.tolist() == [blocks.blocks[7 * k]]

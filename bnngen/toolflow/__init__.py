"""From Verilog to a bitstream: synthesis, place and route, netlists; and the steps of a build."""

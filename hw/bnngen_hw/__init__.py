"""Amaranth components for dataflow accelerators of binarized and low-bit networks.

Nothing is imported here: take each name from its module.

- `encoding`, `beats`, `timing`: how integers become bits and beats, and when beats move (plain Python)
- `part`, `component`: the base classes
- `target`: the fabric that all adapt to; `counting`: counters
- `roms`, `arithmetic`: fixed-latency building blocks
- `streams`, `buffers`: registers and queues between streams; other beat shapes; words that are read again
- `engine`, `pool`, `argmax`: matrix-vector engine, maxima of windows, class index
- `edges`: AXI4-Stream at the edge of the accelerator, and a serial line

A stream component has ports `i` and `o` (`amaranth.lib.stream` with a plain vector as payload, element 0
in the least significant bits), the method `arrivals` and the property `interval`; see `timing`.
Lanes that the last beat of a frame does not fill are zero bits everywhere.
"""

from bnngen_hw._renamed import HERE, answer_to

answer_to(HERE)

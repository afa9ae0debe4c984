"""The integer layers, one a file: what each computes, what it can be built of, and the hardware.

Components are imported where they are made, so that who only reads or runs a network does not load Amaranth.
"""

"""The integer layers, one a file: what each computes, what it can be built of, and the hardware."""

"""The programs that a build writes for other machines: a Python file, C99, MicroPython."""

"""Arithmetic with arrays that are known at import: exact where it can be, else within bounds.

Weights may have millions of elements, too many for an object each. `grids` keeps them as whole numbers times
a few exact ones, `enclosures` as two doubles around each number, `arithmetic` chooses.
"""

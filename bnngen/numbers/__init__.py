"""Exact numbers: types of integers, radicals, rounding."""

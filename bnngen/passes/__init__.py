"""Exact rewrites of the quantised graph, one rule a file. See ``bnngen.passes.lower`` for all of them."""

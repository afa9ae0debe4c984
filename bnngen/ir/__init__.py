"""The graph that front ends make and passes rewrite, and its operators that still have real scales."""

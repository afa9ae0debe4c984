"""Boards: their profiles, pins and clocks."""

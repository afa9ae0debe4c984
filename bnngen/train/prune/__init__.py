"""Pruning as four choices that combine freely: the unit, its score, the schedule, and the recovery."""

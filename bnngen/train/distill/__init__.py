"""Distillation: a network learns from a teacher's answers, one kind of answer a file."""

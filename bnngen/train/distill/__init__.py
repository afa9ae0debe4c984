"""Distillation: a network learns from a teacher's answers, one kind of answer a file.

Each has a module that is made of the recipe's table and the widths of the last hidden layers, the student's
and the teacher's; it takes the answers of both.
"""

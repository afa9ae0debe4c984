"""When how much is removed, one schedule a file.

Each has ``share(amount, progress, table)``, what is gone by then of the ``amount`` that is gone at the end,
and ``phases(table, epochs)``; ``progress`` goes from 0 to 1.
"""

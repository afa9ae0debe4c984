"""A schedule as components: joined, their rings and queues sized, their timing known to the cycle."""

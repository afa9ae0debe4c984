"""A search that many processes on many machines share: who tries what, and what all of them have found."""

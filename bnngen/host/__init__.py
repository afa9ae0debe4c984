"""What runs beside the board: who asks it over its serial line, and the board that is only simulated."""

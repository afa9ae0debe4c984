"""What `make docs` writes by itself: pages of the packages, operators, passes and hardware components."""

"""Functions and table functions that are programs: what SQL cannot say, in Python, the same for every engine."""

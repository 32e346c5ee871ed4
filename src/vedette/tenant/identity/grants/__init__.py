"""The grants of the token endpoint, one per module. Each takes a typed request and gives the answer's members."""

"""One workload a module: `measure()` yields comparisons."""

"""The side-by-side benchmark: `python -m bench.run` times this engine and others on one workload."""

"""One file per engine, each judging the same workload behind the same small protocol."""

"""The cheapest way to clear a deal's gate: proposed from conditions, verified by judging the repaired deal."""

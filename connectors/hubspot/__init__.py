"""HubSpot: deals read live, flags, tasks and gates written where reps work."""

"""A local mirror of a CRM's rows, so that a sweep fetches what changed and still judges every deal."""

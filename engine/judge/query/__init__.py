"""A playbook compiled to one query: each file adds one kind of judgement to the growing frame of deals."""

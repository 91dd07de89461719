"""How cost and memory grow with a pipeline, and what a database or a cluster costs to ask."""

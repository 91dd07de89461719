"""Tables that are judged where they are: a warehouse that holds a CRM's replicated tables, or a Spark cluster."""

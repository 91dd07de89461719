"""A CRM's rows where a warehouse holds them: a mapping says where each canonical column comes from."""

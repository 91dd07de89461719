"""What differs between the databases that run a playbook's query: one value per dialect."""

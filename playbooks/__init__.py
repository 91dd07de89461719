"""The playbooks shipped with Dealgate, each beside its cases."""

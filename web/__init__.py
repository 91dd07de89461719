"""The HTTP side and what is looked at in a browser."""

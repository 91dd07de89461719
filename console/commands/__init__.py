"""The commands of `dealgate`, by what they are for."""

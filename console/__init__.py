"""The terminal side: what commands ask for, and how answers are printed."""

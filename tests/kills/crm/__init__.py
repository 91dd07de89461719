"""Simulated CRMs that keep a book of what is written there of ours, as processes of their own."""

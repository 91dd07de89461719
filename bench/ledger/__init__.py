"""What it costs to keep what runs judged from."""

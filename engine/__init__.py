"""What judges deals, remembers what was decided, and moves deals through both."""

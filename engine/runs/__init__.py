"""What moves deals through judge and ledger: check, explain, plan, apply, waive and test."""

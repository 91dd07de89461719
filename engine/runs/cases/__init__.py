"""Running a playbook's cases: small deals at a frozen moment, and the complete set of findings each must give."""

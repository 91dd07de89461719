"""The second evaluator: rulesets of durable-rules, matched in a child process, give the verdicts of a playbook."""

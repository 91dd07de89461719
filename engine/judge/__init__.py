"""Pure judgement: canonical tables, evaluation, verdicts, clocks and plans. Nothing here reads a clock or does I/O."""

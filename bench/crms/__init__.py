"""How CRMs are read and written: calls against the fewest their batch sizes allow, time, memory."""

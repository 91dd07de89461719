"""What Dealgate's own properties are called in HubSpot."""

from __future__ import annotations

GROUP = "dealgate"
"""The group that holds all of them, on deals and on tasks."""

STATUS = "dealgate_status"
SCORE = "dealgate_score"
BAND = "dealgate_band"
ALLOWED_STAGE = "dealgate_allowed_stage"
MISSING = "dealgate_missing"
FLAGS = "dealgate_flags"
NEXT_DEADLINE = "dealgate_next_deadline"
PLAYBOOK = "dealgate_playbook"
CHECKED_AT = "dealgate_checked_at"
BLOCKED_STAGES = "dealgate_blocked_stages"
WAIVED = "dealgate_waived"
BLOCKING = "dealgate_blocking"
NOTE = "dealgate_note"
KEY = "dealgate_key"
GATE = "dealgate_gate_"
"""How the name of a gate property begins; the id of its stage follows."""

FLAG_PROPERTIES = (
    STATUS, SCORE, BAND, ALLOWED_STAGE, MISSING, FLAGS, NEXT_DEADLINE, PLAYBOOK, CHECKED_AT, BLOCKED_STAGES, WAIVED,
    BLOCKING,
)  # fmt: skip
"""The properties of a deal that hold its flags: a number, a date, a datetime, and texts."""

LONGEST = 65_536
"""How many characters a text property holds."""
LENGTHS = dict.fromkeys((*FLAG_PROPERTIES, NOTE), LONGEST)

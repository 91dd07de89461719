"""What Dealgate's own fields, permissions and objects are called in Salesforce."""

from __future__ import annotations

from hashlib import sha256

STATUS = "Dealgate_Status__c"
SCORE = "Dealgate_Score__c"
BAND = "Dealgate_Band__c"
ALLOWED_STAGE = "Dealgate_Allowed_Stage__c"
MISSING = "Dealgate_Missing__c"
FLAGS = "Dealgate_Flags__c"
NEXT_DEADLINE = "Dealgate_Next_Deadline__c"
PLAYBOOK = "Dealgate_Playbook__c"
CHECKED_AT = "Dealgate_Checked_At__c"
BLOCKED_STAGES = "Dealgate_Blocked_Stages__c"
BLOCKED_STAGES_2 = "Dealgate_Blocked_Stages_2__c"
WAIVED = "Dealgate_Waived__c"
BLOCKING = "Dealgate_Blocking__c"
BLOCKING_CODES = "Dealgate_Blocking_Codes__c"
ASKED_BY_RULES = "Dealgate_Asked_By_Rules__c"
NOTE = "Dealgate_Note__c"
KEY = "Dealgate_Key__c"

FLAG_FIELDS = (
    STATUS, SCORE, BAND, ALLOWED_STAGE, MISSING, FLAGS, NEXT_DEADLINE, PLAYBOOK, CHECKED_AT, BLOCKED_STAGES,
    BLOCKED_STAGES_2, WAIVED, BLOCKING, BLOCKING_CODES,
)  # fmt: skip
"""The fields of an Opportunity that hold a deal's flags."""

LENGTHS = {
    STATUS: 20, BAND: 80, ALLOWED_STAGE: 255, MISSING: 32_768, FLAGS: 4_096, PLAYBOOK: 120, BLOCKED_STAGES: 255,
    BLOCKED_STAGES_2: 255, WAIVED: 255, BLOCKING: 4_096, BLOCKING_CODES: 255, NOTE: 4_096, KEY: 255,
}  # fmt: skip
"""How many characters each text field holds."""

HEARTBEAT, SWEPT_AT = "Dealgate_Heartbeat__c", "Swept_At__c"
BYPASS = "Dealgate_Gate_Bypass"
ENGINE_SET, READER_SET = "Dealgate_Engine", "Dealgate_Reader"


def code_of(playbook_id: str, criterion: str) -> str:
    """Give the short code of what may block a deal, which a formula finds in a field of 255 characters."""
    return sha256(f"{playbook_id} {criterion}".encode()).hexdigest()[:6]

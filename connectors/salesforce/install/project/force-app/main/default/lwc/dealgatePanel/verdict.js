import ID from '@salesforce/schema/Opportunity.Id';
import STAGE from '@salesforce/schema/Opportunity.StageName';
import IS_CLOSED from '@salesforce/schema/Opportunity.IsClosed';
import STATUS from '@salesforce/schema/Opportunity.Dealgate_Status__c';
import SCORE from '@salesforce/schema/Opportunity.Dealgate_Score__c';
import BAND from '@salesforce/schema/Opportunity.Dealgate_Band__c';
import ALLOWED_STAGE from '@salesforce/schema/Opportunity.Dealgate_Allowed_Stage__c';
import MISSING from '@salesforce/schema/Opportunity.Dealgate_Missing__c';
import FLAGS from '@salesforce/schema/Opportunity.Dealgate_Flags__c';
import NEXT_DEADLINE from '@salesforce/schema/Opportunity.Dealgate_Next_Deadline__c';
import PLAYBOOK from '@salesforce/schema/Opportunity.Dealgate_Playbook__c';
import CHECKED_AT from '@salesforce/schema/Opportunity.Dealgate_Checked_At__c';
import BLOCKED_STAGES from '@salesforce/schema/Opportunity.Dealgate_Blocked_Stages__c';
import BLOCKED_STAGES_2 from '@salesforce/schema/Opportunity.Dealgate_Blocked_Stages_2__c';
import WAIVED from '@salesforce/schema/Opportunity.Dealgate_Waived__c';
import NOTE from '@salesforce/schema/Opportunity.Dealgate_Note__c';

const OURS = [
    STATUS,
    SCORE,
    BAND,
    ALLOWED_STAGE,
    MISSING,
    FLAGS,
    NEXT_DEADLINE,
    PLAYBOOK,
    CHECKED_AT,
    BLOCKED_STAGES,
    BLOCKED_STAGES_2,
    WAIVED,
    NOTE
];

/** Named by its text, so that the panel works without it: when a sweep last ended, from the org's heartbeat. */
const SWEPT_AT = 'Opportunity.Dealgate_Swept_At__c';

/** Everybody who sees the deal sees these. */
export const FIELDS = [ID];

/** A field that the user may not see is left out of the record and breaks nothing. */
export const OPTIONAL_FIELDS = [STAGE, IS_CLOSED, ...OURS, SWEPT_AT];

export const STAGE_FIELD = STAGE;

/** Reads what Dealgate wrote on a deal from its record. What is absent is null, a list without anything is empty. */
export function readVerdict(record) {
    const value = (field) => record.fields[field.fieldApiName]?.value ?? null;
    const stage = record.fields[STAGE.fieldApiName];
    return {
        stage: { name: stage?.value ?? '', label: stage?.displayValue ?? stage?.value ?? '' },
        isClosed: value(IS_CLOSED) === true,
        status: value(STATUS),
        score: value(SCORE),
        band: value(BAND),
        allowedStage: value(ALLOWED_STAGE),
        missing: lines(value(MISSING)).map(missingLine),
        flags: lines(value(FLAGS)),
        nextDeadline: value(NEXT_DEADLINE),
        playbook: value(PLAYBOOK),
        checkedAt: value(CHECKED_AT),
        sweptAt: record.fields[SWEPT_AT.split('.')[1]]?.value ?? null,
        blockedStages: [...names(value(BLOCKED_STAGES)), ...names(value(BLOCKED_STAGES_2))],
        waived: names(value(WAIVED)),
        note: value(NOTE),
        isHidden: !isReadable(record, STATUS) || !isReadable(record, CHECKED_AT),
        isPartlyHidden: OURS.some((field) => !isReadable(record, field))
    };
}

function isReadable(record, field) {
    return field.fieldApiName in record.fields;
}

function lines(text) {
    return (text ?? '')
        .split('\n')
        .map((line) => line.trim())
        .filter(Boolean);
}

/** Reads a list such as `|Proposal|Closed Won|`. */
function names(text) {
    return (text ?? '').split('|').filter(Boolean);
}

/** Parts `what is missing: what to do`. */
function missingLine(line, index) {
    const [says] = line.split(': ', 1);
    return { key: `${index}`, says, does: line.slice(says.length + 2) };
}

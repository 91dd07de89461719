/** Records as the org's record service gives them: the fields the user may see, each with value and label. */

export const NOW = Date.parse('2026-11-24T17:00:00Z');

/** A deal that may not move on yet, with something in every field. */
export const VALUES = {
    Id: '006000000000001AAA',
    StageName: 'Discovery',
    IsClosed: false,
    Dealgate_Status__c: 'not yet',
    Dealgate_Score__c: 62.5,
    Dealgate_Band__c: 'Likely',
    Dealgate_Allowed_Stage__c: 'Discovery',
    Dealgate_Missing__c:
        'The problem is written down: write pain in at least 5 words\nBudget is confirmed: confirm budget',
    Dealgate_Flags__c: 'At risk\nNo champion',
    Dealgate_Next_Deadline__c: '2026-11-25',
    Dealgate_Playbook__c: 'enterprise@3',
    Dealgate_Checked_At__c: '2026-11-24T16:55:00.000Z',
    Dealgate_Blocked_Stages__c: '|Proposal|Negotiation|',
    Dealgate_Blocked_Stages_2__c: '|Closed Won|',
    Dealgate_Waived__c: '|ideal-client|',
    Dealgate_Note__c: null,
    Dealgate_Swept_At__c: '2026-11-24T02:00:00.000Z'
};

/** Makes a record of these values; fields named as hidden are left out of it, as for a user who may not see them. */
export function recordOf(values = {}, { hidden = [], labels = {} } = {}) {
    const shown = Object.entries({ ...VALUES, ...values }).filter(([name]) => !hidden.includes(name));
    const fields = shown.map(([name, value]) => [name, { value, displayValue: labels[name] ?? null }]);
    return { apiName: 'Opportunity', id: VALUES.Id, recordTypeId: null, fields: Object.fromEntries(fields) };
}

export const OURS = Object.keys(VALUES).filter((name) => name.startsWith('Dealgate_'));

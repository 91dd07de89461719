/** Deals as the page gives them to a card: the properties the user may see, each a text or null. */

export const NOW = Date.parse('2026-11-24T17:00:00Z');

export type Values = Record<string, string | null>;

/** A deal that may not move on yet, with something in every property. */
export const VALUES: Values = {
    dealstage: 'qualifiedtobuy',
    hs_is_closed: 'false',
    dealgate_status: 'not yet',
    dealgate_score: '62.5',
    dealgate_band: 'Likely',
    dealgate_allowed_stage: 'qualifiedtobuy',
    dealgate_missing:
        'The problem is written down: write pain in at least 5 words\nBudget is confirmed: confirm budget',
    dealgate_flags: 'At risk\nNo champion',
    dealgate_next_deadline: '2026-11-25',
    dealgate_playbook: 'enterprise@3',
    dealgate_checked_at: '2026-11-24T16:55:00.000Z',
    dealgate_blocked_stages: '|contractsent|1045827300|closedwon|',
    dealgate_waived: '|ideal-client|',
    dealgate_note: null
};

/** What people call the stages. */
export const LABELS: Readonly<Record<string, string>> = {
    qualifiedtobuy: 'Discovery',
    contractsent: 'Proposal',
    '1045827300': 'Negotiation',
    closedwon: 'Closed Won'
};

/** Makes a deal of these values; properties named as hidden are not there, as for a user who may not see them. */
export function dealOf(values: Values = {}, hidden: readonly string[] = []): Values {
    return Object.fromEntries(Object.entries({ ...VALUES, ...values }).filter(([name]) => !hidden.includes(name)));
}

import { dayOf, momentOf } from './times';

/** The properties that Dealgate writes on a deal for people to read. */
export const OURS = [
    'dealgate_status',
    'dealgate_score',
    'dealgate_band',
    'dealgate_allowed_stage',
    'dealgate_missing',
    'dealgate_flags',
    'dealgate_next_deadline',
    'dealgate_playbook',
    'dealgate_checked_at',
    'dealgate_blocked_stages',
    'dealgate_waived',
    'dealgate_note'
] as const;

type Ours = (typeof OURS)[number];

/** All that the cards ask of the page. */
export const PROPERTIES: string[] = ['dealstage', 'hs_is_closed', ...OURS];

/** A deal's properties as HubSpot gives them: texts, null where one is empty; one the user may not see is not there. */
export type Properties = Readonly<Record<string, string | null>>;

export interface Missing {
    says: string;
    does: string;
}

/** What Dealgate wrote on a deal. What is absent is empty or null; `checkedAt` is in milliseconds. */
export interface Verdict {
    stage: string;
    isClosed: boolean;
    status: string;
    score: number | null;
    band: string;
    allowedStage: string;
    missing: Missing[];
    flags: string[];
    nextDeadline: string | null;
    playbook: { name: string; version: string };
    checkedAt: number | null;
    blockedStages: string[];
    waived: string[];
    note: string;
    isHidden: boolean;
    isPartlyHidden: boolean;
}

/** Reads what Dealgate wrote on a deal from its properties. */
export function readVerdict(properties: Properties): Verdict {
    const value = (name: Ours) => properties[name] ?? '';
    const [name = '', version = ''] = value('dealgate_playbook').split('@');
    return {
        stage: properties['dealstage'] ?? '',
        isClosed: properties['hs_is_closed'] === 'true',
        status: value('dealgate_status'),
        score: numberOf(value('dealgate_score')),
        band: value('dealgate_band'),
        allowedStage: value('dealgate_allowed_stage'),
        missing: lines(value('dealgate_missing')).map(missingLine),
        flags: lines(value('dealgate_flags')),
        nextDeadline: dayOf(value('dealgate_next_deadline')),
        playbook: { name, version },
        checkedAt: momentOf(value('dealgate_checked_at')),
        blockedStages: names(value('dealgate_blocked_stages')),
        waived: names(value('dealgate_waived')),
        note: value('dealgate_note'),
        isHidden: !('dealgate_status' in properties && 'dealgate_checked_at' in properties),
        isPartlyHidden: OURS.some((each) => !(each in properties))
    };
}

/** Parts a text into its lines, without those that are blank. */
export function lines(text: string): string[] {
    return text
        .split('\n')
        .map((line) => line.trim())
        .filter(Boolean);
}

/** Reads a list such as `|contractsent|closedwon|`. */
function names(text: string): string[] {
    return text.split('|').filter(Boolean);
}

/** Parts `what is missing: what to do`. */
function missingLine(line: string): Missing {
    const [says = ''] = line.split(': ', 1);
    return { says, does: line.slice(says.length + 2) };
}

function numberOf(text: string): number | null {
    const number = Number.parseFloat(text);
    return Number.isNaN(number) ? null : number;
}

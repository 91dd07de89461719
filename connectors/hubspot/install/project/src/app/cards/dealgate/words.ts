/** Every word the cards say. Dates and numbers are put in by the caller, in the user's locale. */

import type { Stage } from './stages';

/** What Dealgate calls the end of the last stage, where the playbook names no stage of the CRM for it. */
export const WON = 'won';

export type Sentence = (stage: Stage, allowed: Stage) => string;

export interface GateWords {
    headline: string;
    variant: 'success' | 'info' | 'warning' | 'error';
    sentence: Sentence;
}

/** A gate is told of the stage the deal stands in and the furthest one it may stand in, each a name and a label. */
export const GATES: Readonly<Record<string, GateWords>> = {
    clear: { headline: 'Clear', variant: 'success', sentence: advances },
    advise: {
        headline: 'Clear, with advice',
        variant: 'info',
        sentence: (stage, allowed) => `${advances(stage, allowed)} The advice below does not hold it up.`
    },
    'not yet': { headline: 'Not yet', variant: 'warning', sentence: mayNotAdvance },
    blocked: { headline: 'Blocked', variant: 'error', sentence: standsTooFar }
};

function advances(stage: Stage, allowed: Stage): string {
    if (allowed.name === WON) {
        return 'This deal may be won.';
    }
    if (!allowed.name) {
        return 'This deal may move on.';
    }
    return allowed.name === stage.name
        ? `This deal may stand in ${stage.label}. The next check says whether it may move on.`
        : `This deal may move on to ${allowed.label}.`;
}

function mayNotAdvance(stage: Stage, allowed: Stage): string {
    return allowed.name && allowed.name === stage.name
        ? `This deal stands rightly in ${stage.label}. It may move on once what is missing is done.`
        : noFurther(allowed);
}

function standsTooFar(stage: Stage, allowed: Stage): string {
    return allowed.name === stage.name || !allowed.name || !stage.name
        ? noFurther(allowed)
        : `This deal stands in ${stage.label}, but may stand no further than ${allowed.label} until what is missing is done.`;
}

function noFurther(allowed: Stage): string {
    return allowed.name
        ? `This deal may stand no further than ${allowed.label} until what is missing is done.`
        : 'This deal may not move on until what is missing is done.';
}

export const NO_GATE = {
    closed: { headline: 'Closed', sentence: 'This deal is closed, so it has no gate.' },
    noPlaybook: { headline: 'No gate', sentence: 'No playbook applies to this deal.' },
    noStage: (stage: string) => ({
        headline: 'No gate',
        sentence: `The playbook does not name the stage ${stage}, so it asks nothing of this deal there.`
    }),
    unknown: { headline: 'No gate', sentence: 'This deal has no gate now.' }
} as const;

export const WORDS = {
    loading: 'Loading what was found on this deal',
    neverChecked: 'Not checked yet',
    neverCheckedMore:
        'Dealgate has not looked at this deal so far. What it finds will stand here after the next check.',
    hidden: 'You may not see what was found',
    hiddenMore: 'Ask your administrator for the right to view the deal properties of the group “Dealgate”.',
    partlyHidden:
        'Part of what was found is hidden from you. Ask your administrator for the right to view the deal properties of the group “Dealgate”.',
    failed: 'This could not be loaded',
    failedMore: 'Try again. If it stays like this, tell your administrator what stands here.',
    tryAgain: 'Try again',
    refresh: 'Show the latest check',
    refreshed: 'This is the latest check.',
    notRefreshed: 'The latest check could not be loaded.',
    missing: 'What is missing',
    advice: 'Advice',
    toDo: 'What to do:',
    nothingMissing: 'Nothing is missing.',
    allowed: 'Furthest stage now',
    closedStages: 'Closed for now',
    deadline: 'Next deadline',
    score: 'Qualification',
    flags: 'Flags',
    waived: 'Excepted by a waiver',
    movedBack: 'Why this deal was moved back',
    won: 'Won',
    showLess: 'Show less'
} as const;

export const standsInClosedStage = (stage: string): string =>
    `It stands in ${stage}, which is closed for it now. The next check will look at that.`;

export const showMore = (count: number): string => (count ? `Show all (${count} more missing)` : 'Show all');

export const scoreWords = (score: string, band: string): string =>
    band ? `${score} of 100, ${band}` : `${score} of 100`;

export const checkedWords = (ago: string): string => `Checked ${ago}`;

/** Only the time of the last writing is known: a check that finds nothing new writes nothing. */
export const perhapsStaleWords = (ago: string): string =>
    `This was written ${ago}. Since then nothing new was found, or no check has run.`;

export const playbookWords = (name: string, version: string): string =>
    version ? `${name}, version ${version}` : name;

/** How far away a day is: 0 is today, below 0 is late. `count` is the number in the user's locale, without a sign. */
export function dueWords(days: number, count: string): string {
    if (days < 0) {
        return days === -1 ? '1 day late' : `${count} days late`;
    }
    return ['today', 'tomorrow'][days] ?? `in ${count} days`;
}

export type Unit = 'minute' | 'hour' | 'day';

/** How long ago something was, such as `5 minutes ago`; without a unit it was a moment ago. */
export function agoWords(unit: Unit | null, number: number, count: string): string {
    return unit ? `${count} ${unit}${number === 1 ? '' : 's'} ago` : 'just now';
}

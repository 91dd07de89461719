/** Every word the panel says. Dates and numbers are put in by the caller, in the user's locale. */

/** What Dealgate calls the end of the last stage, where the playbook names no stage of the CRM for it. */
export const WON = 'won';

/** A gate is told of the stage the deal stands in and the furthest one it may stand in, each a name and a label. */
export const GATES = {
    clear: { headline: 'Clear', icon: 'utility:success', iconVariant: 'success', sentence: advances },
    advise: {
        headline: 'Clear, with advice',
        icon: 'utility:info',
        iconVariant: '',
        sentence: (stage, allowed) => `${advances(stage, allowed)} The advice below does not hold it up.`
    },
    'not yet': { headline: 'Not yet', icon: 'utility:clock', iconVariant: 'warning', sentence: mayNotAdvance },
    blocked: { headline: 'Blocked', icon: 'utility:ban', iconVariant: 'error', sentence: standsTooFar }
};

function advances(stage, allowed) {
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

function mayNotAdvance(stage, allowed) {
    return allowed.name && allowed.name === stage.name
        ? `This deal stands rightly in ${stage.label}. It may move on once what is missing is done.`
        : noFurther(allowed);
}

function standsTooFar(stage, allowed) {
    return allowed.name === stage.name || !allowed.name || !stage.name
        ? noFurther(allowed)
        : `This deal stands in ${stage.label}, but may stand no further than ${allowed.label} until what is missing is done.`;
}

function noFurther(allowed) {
    return allowed.name
        ? `This deal may stand no further than ${allowed.label} until what is missing is done.`
        : 'This deal may not move on until what is missing is done.';
}

export const NO_GATE = {
    closed: { headline: 'Closed', sentence: 'This deal is closed, so it has no gate.' },
    noPlaybook: { headline: 'No gate', sentence: 'No playbook applies to this deal.' },
    noStage: (stage) => ({
        headline: 'No gate',
        sentence: `The playbook does not name the stage ${stage}, so it asks nothing of this deal there.`
    }),
    unknown: { headline: 'No gate', sentence: 'This deal has no gate now.' }
};

export const WORDS = {
    loading: 'Loading what was found on this deal',
    neverChecked: 'Not checked yet',
    neverCheckedMore:
        'Dealgate has not looked at this deal so far. What it finds will stand here after the next check.',
    hidden: 'You may not see what was found',
    hiddenMore: 'Ask your administrator for the permission set “Dealgate Reader”.',
    partlyHidden:
        'Part of what was found is hidden from you. Ask your administrator for the permission set “Dealgate Reader”.',
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
};

export const standsInClosedStage = (stage) =>
    `It stands in ${stage}, which is closed for it now. The next check will look at that.`;

export const showMore = (count) => (count ? `Show all (${count} more missing)` : 'Show all');

export const scoreWords = (score, band) => (band ? `${score} of 100, ${band}` : `${score} of 100`);

export const checkedWords = (ago) => `Checked ${ago}`;

export const staleWords = (ago) => `The last check was ${ago}. What you see may be out of date.`;

/** Where only the time of the last writing is known: a check that finds nothing new writes nothing. */
export const perhapsStaleWords = (ago) =>
    `This was written ${ago}. Since then nothing new was found, or no check has run.`;

export const playbookWords = (name, version) => (version ? `${name}, version ${version}` : name);

/** How far away a day is: 0 is today, below 0 is late. `count` is the number in the user's locale, without a sign. */
export function dueWords(days, count) {
    if (days < 0) {
        return days === -1 ? '1 day late' : `${count} days late`;
    }
    return ['today', 'tomorrow'][days] ?? `in ${count} days`;
}

const UNITS = { minute: ['minute', 'minutes'], hour: ['hour', 'hours'], day: ['day', 'days'] };

/** How long ago something was, such as `5 minutes ago`; without a unit it was a moment ago. */
export function agoWords(unit, number, count) {
    return unit ? `${count} ${UNITS[unit][number === 1 ? 0 : 1]} ago` : 'just now';
}

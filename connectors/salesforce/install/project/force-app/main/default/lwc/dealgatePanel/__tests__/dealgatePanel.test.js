import { createElement } from 'lwc';
import { getRecord, notifyRecordUpdateAvailable } from 'lightning/uiRecordApi';
import { getPicklistValues } from 'lightning/uiObjectInfoApi';
import { setup } from '@sa11y/jest';
import DealgatePanel from 'c/dealgatePanel';
import { NOW, OURS, VALUES, recordOf } from './records';

jest.mock('@salesforce/i18n/timeZone', () => ({ default: 'America/New_York' }), { virtual: true });

setup();

const DAY = 24 * 60 * 60 * 1000;
const settled = () => Promise.resolve();

let panel;

async function show(record, properties = {}) {
    panel = createElement('c-dealgate-panel', { is: DealgatePanel });
    Object.assign(panel, { recordId: VALUES.Id, ...properties });
    document.body.appendChild(panel);
    if (record) {
        getRecord.emit(record);
    }
    await settled();
}

async function fail(body) {
    getRecord.error(body, 500);
    await settled();
}

const find = (id) => panel.shadowRoot.querySelector(`[data-id="${id}"]`);
const text = (id) => find(id)?.textContent.replace(/\s+/g, ' ').trim();
const items = (id) => [...find(id).querySelectorAll('li')].map((each) => each.textContent.trim());

/** axe-core waits on real timers. */
async function expectAccessible() {
    jest.useRealTimers();
    await expect(panel).toBeAccessible();
}

beforeEach(() => {
    jest.useFakeTimers({ now: NOW, doNotFake: ['queueMicrotask', 'nextTick'] });
});

afterEach(() => {
    while (document.body.firstChild) {
        document.body.removeChild(document.body.firstChild);
    }
    jest.useRealTimers();
    jest.clearAllMocks();
});

describe('what is asked of the org', () => {
    it('asks for our fields as optional ones, so that one hidden field breaks nothing', async () => {
        await show();
        const { recordId, fields, optionalFields } = getRecord.getLastConfig();
        const names = (each) => each.map((field) => field.fieldApiName ?? field.split('.')[1]);
        expect(recordId).toBe(VALUES.Id);
        expect(names(fields)).toEqual(['Id']);
        expect(names(optionalFields)).toEqual(expect.arrayContaining(OURS));
    });
});

describe('the gate', () => {
    const sentence = async (values) => {
        await show(recordOf(values));
        return [text('headline'), text('sentence')];
    };

    it('says where a clear deal may move on to', async () => {
        expect(
            await sentence({
                Dealgate_Status__c: 'clear',
                Dealgate_Allowed_Stage__c: 'Proposal',
                Dealgate_Missing__c: null
            })
        ).toEqual(['Clear', 'This deal may move on to Proposal.']);
        expect(text('nothing-missing')).toBe('Nothing is missing.');
        expect(find('missing')).toBeNull();
        await expectAccessible();
    });

    it('says that a deal at the end of its last stage may be won', async () => {
        expect(await sentence({ Dealgate_Status__c: 'clear', Dealgate_Allowed_Stage__c: 'won' })).toEqual([
            'Clear',
            'This deal may be won.'
        ]);
        expect(text('allowed')).toBe('Furthest stage nowWon');
    });

    it('does not promise a further stage to a deal that moved on since it was checked', async () => {
        expect(await sentence({ Dealgate_Status__c: 'clear', Dealgate_Allowed_Stage__c: 'Discovery' })).toEqual([
            'Clear',
            'This deal may stand in Discovery. The next check says whether it may move on.'
        ]);
    });

    it('says that advice holds nothing up', async () => {
        expect(await sentence({ Dealgate_Status__c: 'advise', Dealgate_Allowed_Stage__c: 'Proposal' })).toEqual([
            'Clear, with advice',
            'This deal may move on to Proposal. The advice below does not hold it up.'
        ]);
        expect(find('missing').querySelector('h3').textContent).toBe('Advice');
        await expectAccessible();
    });

    it('says that a deal stands rightly and may not move on yet', async () => {
        expect(await sentence({})).toEqual([
            'Not yet',
            'This deal stands rightly in Discovery. It may move on once what is missing is done.'
        ]);
        await expectAccessible();
    });

    it('says how far a blocked deal may stand', async () => {
        expect(await sentence({ Dealgate_Status__c: 'blocked', StageName: 'Proposal' })).toEqual([
            'Blocked',
            'This deal stands in Proposal, but may stand no further than Discovery until what is missing is done.'
        ]);
        expect(find('closed-stage')).toBeNull();
        await expectAccessible();
    });

    it('says how far a blocked deal may stand once it went back', async () => {
        expect(await sentence({ Dealgate_Status__c: 'blocked' })).toEqual([
            'Blocked',
            'This deal may stand no further than Discovery until what is missing is done.'
        ]);
    });

    it('warns when a deal stands in a stage that is closed for it', async () => {
        await show(recordOf({ StageName: 'Negotiation' }));
        expect(text('sentence')).toBe('This deal may stand no further than Discovery until what is missing is done.');
        expect(text('closed-stage')).toBe(
            'It stands in Negotiation, which is closed for it now. The next check will look at that.'
        );
    });

    it.each([
        ['clear', 'This deal may move on.'],
        ['advise', 'This deal may move on. The advice below does not hold it up.'],
        ['not yet', 'This deal may not move on until what is missing is done.'],
        ['blocked', 'This deal may not move on until what is missing is done.']
    ])('says %s without the allowed stage when that field is hidden', async (status, expected) => {
        await show(recordOf({ Dealgate_Status__c: status }, { hidden: ['Dealgate_Allowed_Stage__c'] }));
        expect(text('sentence')).toBe(expected);
        expect(find('allowed')).toBeNull();
    });

    it('names the furthest stage and those that are closed, from both fields', async () => {
        await show(recordOf());
        expect(text('allowed')).toBe('Furthest stage nowDiscovery');
        expect(items('closed-stages')).toEqual(['Proposal', 'Negotiation', 'Closed Won']);
    });

    it('names no closed stage when every stage is open', async () => {
        await show(recordOf({ Dealgate_Blocked_Stages__c: null, Dealgate_Blocked_Stages_2__c: null }));
        expect(find('closed-stages')).toBeNull();
    });

    it('calls stages what people call them', async () => {
        await show(recordOf({}, { labels: { StageName: 'Bedarfsanalyse' } }));
        getPicklistValues.emit({ values: [{ value: 'Proposal', label: 'Angebot' }] });
        await settled();
        expect(getPicklistValues.getLastConfig().recordTypeId).toBe('012000000000000AAA');
        expect(text('sentence')).toContain('stands rightly in Bedarfsanalyse');
        expect(items('closed-stages')).toEqual(['Angebot', 'Negotiation', 'Closed Won']);
    });
});

describe('a deal without a gate', () => {
    it.each([
        ['is closed', { IsClosed: true }, ['Closed', 'This deal is closed, so it has no gate.']],
        ['has no playbook', { Dealgate_Playbook__c: null }, ['No gate', 'No playbook applies to this deal.']],
        [
            'stands in a stage of no playbook',
            { StageName: 'Parked' },
            ['No gate', 'The playbook does not name the stage Parked, so it asks nothing of this deal there.']
        ],
        ['has a status nobody knows', { Dealgate_Status__c: 'perhaps' }, ['No gate', 'This deal has no gate now.']]
    ])('says why when it %s', async (_, values, expected) => {
        await show(recordOf({ Dealgate_Status__c: null, Dealgate_Missing__c: null, ...values }));
        expect([text('headline'), text('sentence')]).toEqual(expected);
        expect(find('nothing-missing')).toBeNull();
        await expectAccessible();
    });

    it('still lists what a closed deal lacks', async () => {
        await show(recordOf({ Dealgate_Status__c: null, IsClosed: true, Dealgate_Missing__c: 'Loss reason: name it' }));
        expect(text('missing')).toContain('Loss reason');
    });
});

describe('what is missing', () => {
    it('shows what is missing, then what to do', async () => {
        await show(recordOf());
        expect(find('missing').querySelector('h3').textContent).toBe('What is missing');
        expect([...find('missing').querySelectorAll('.missing__says')].map((each) => each.textContent)).toEqual([
            'The problem is written down',
            'Budget is confirmed'
        ]);
        expect([...find('missing').querySelectorAll('[data-id="does"]')].map((each) => each.textContent)).toEqual([
            'write pain in at least 5 words',
            'confirm budget'
        ]);
    });

    it.each([
        ['Only this', 'Only this', undefined],
        ['Meet at 10:30 once: write it down: today', 'Meet at 10:30 once', 'write it down: today'],
        ['<b>bold</b>: <script>', '<b>bold</b>', '<script>']
    ])('reads the line `%s`', async (line, says, does) => {
        await show(recordOf({ Dealgate_Missing__c: `\r\n${line}\r\n\n` }));
        expect(items('missing')).toHaveLength(1);
        expect(find('missing').querySelector('.missing__says').textContent).toBe(says);
        expect(find('missing').querySelector('[data-id="does"]')?.textContent).toBe(does);
    });
});

describe('the next deadline', () => {
    it.each([
        ['2026-11-21', '3 days late', 'Nov 21, 2026', true],
        ['2026-11-23', '1 day late', 'Nov 23, 2026', true],
        ['2026-11-24', 'today', 'Nov 24, 2026', false],
        ['2026-11-25', 'tomorrow', 'Nov 25, 2026', false],
        ['2026-11-27', 'in 3 days', 'Nov 27, 2026', false],
        ['2029-11-24', 'in 1,096 days', 'Nov 24, 2029', false]
    ])('says of %s: %s', async (day, due, date, isLate) => {
        await show(recordOf({ Dealgate_Next_Deadline__c: day }));
        expect(text('due')).toBe(due);
        expect(find('deadline').querySelector('time').textContent).toBe(date);
        expect(find('deadline').querySelector('time').dateTime).toBe(day);
        expect(find('deadline').classList.contains('facts__row_late')).toBe(isLate);
    });

    it('counts from today where the user is', async () => {
        jest.setSystemTime(Date.parse('2026-11-25T03:00:00Z')); // still the 24th in New York
        await show(recordOf());
        expect(text('due')).toBe('tomorrow');
    });

    it('is left out where there is none', async () => {
        await show(recordOf({ Dealgate_Next_Deadline__c: null }));
        expect(find('deadline')).toBeNull();
    });
});

describe('the score', () => {
    it('is a meter that says in words what it shows', async () => {
        await show(recordOf());
        const meter = find('meter');
        expect(meter.getAttribute('aria-valuenow')).toBe('62.5');
        expect(meter.getAttribute('aria-valuetext')).toBe('62.5 of 100, Likely');
        expect(meter.firstChild.style.width).toBe('62.5%');
    });

    it('is shown when it is zero and has no band', async () => {
        await show(recordOf({ Dealgate_Score__c: 0, Dealgate_Band__c: null }));
        expect(find('meter').getAttribute('aria-valuetext')).toBe('0 of 100');
    });

    it('is left out where the playbook has no scorecard', async () => {
        await show(recordOf({ Dealgate_Score__c: null, Dealgate_Band__c: null }));
        expect(find('score')).toBeNull();
    });
});

describe('flags, waivers and the note', () => {
    it('lists flags and waivers', async () => {
        await show(recordOf());
        expect([...find('flags').querySelectorAll('lightning-badge')].map((each) => each.label)).toEqual([
            'At risk',
            'No champion'
        ]);
        expect(items('waived')).toEqual(['ideal client']);
    });

    it('leaves them out where there are none', async () => {
        await show(recordOf({ Dealgate_Flags__c: null, Dealgate_Waived__c: null }));
        expect(['flags', 'waived', 'note'].map(find)).toEqual([null, null, null]);
    });

    it('says why the deal was moved back', async () => {
        await show(recordOf({ Dealgate_Note__c: 'Moved back to Discovery.\nThe budget is not confirmed.' }));
        expect(find('note').querySelector('h3').textContent).toBe('Why this deal was moved back');
        expect(find('note').querySelector('p').textContent).toContain('The budget is not confirmed.');
        await expectAccessible();
    });
});

describe('a correction of long ago', () => {
    it.each(['clear', 'advise'])('is not told any more of a deal that is %s', async (status) => {
        await show(recordOf({ Dealgate_Status__c: status, Dealgate_Note__c: 'Moved back to Discovery.' }));
        expect(find('note')).toBeNull();
    });
});

describe('when it was checked', () => {
    it.each([
        ['2026-11-24T17:02:00.000Z', 'just now'],
        ['2026-11-24T16:59:30.000Z', 'just now'],
        ['2026-11-24T16:59:00.000Z', '1 minute ago'],
        ['2026-11-24T16:55:00.000Z', '5 minutes ago'],
        ['2026-11-24T15:30:00.000Z', '1 hour ago'],
        ['2026-11-23T18:00:00.000Z', '23 hours ago'],
        ['2026-11-22T16:00:00.000Z', '2 days ago']
    ])('says of %s: checked %s', async (moment, ago) => {
        await show(recordOf({ Dealgate_Checked_At__c: moment, Dealgate_Swept_At__c: null }));
        expect(text('checked')).toBe(`Checked ${ago} · enterprise, version 3`);
        expect(find('stale')).toBeNull();
    });

    it('counts a later sweep, which writes nothing on a deal where nothing is new', async () => {
        await show(recordOf({ Dealgate_Checked_At__c: '2026-11-01T00:00:00.000Z' }));
        expect(text('checked')).toContain('Checked 15 hours ago');
        expect(find('checked').querySelector('time').title).toContain('Nov 23, 2026');
        expect(find('stale')).toBeNull();
    });

    it('says plainly when the last check is too long ago', async () => {
        await show(
            recordOf({
                Dealgate_Checked_At__c: '2026-11-01T00:00:00.000Z',
                Dealgate_Swept_At__c: '2026-11-20T16:00:00.000Z'
            })
        );
        expect(text('stale')).toBe('The last check was 4 days ago. What you see may be out of date.');
        await expectAccessible();
    });

    it('does not claim to know of checks that wrote nothing', async () => {
        await show(
            recordOf({ Dealgate_Checked_At__c: '2026-11-19T16:00:00.000Z' }, { hidden: ['Dealgate_Swept_At__c'] })
        );
        expect(text('stale')).toBe(
            'This was written 5 days ago. Since then nothing new was found, or no check has run.'
        );
        expect(find('partly-hidden')).toBeNull();
    });

    it.each([
        [3, 3 * DAY, false],
        [3, 3 * DAY + 1, true],
        [10, 4 * DAY, false]
    ])('with a limit of %i days, one %i ms old is out of date: %s', async (staleAfterDays, age, isStale) => {
        const moment = new Date(NOW - age).toISOString();
        await show(recordOf({ Dealgate_Checked_At__c: moment, Dealgate_Swept_At__c: moment }), { staleAfterDays });
        expect(find('stale') !== null).toBe(isStale);
    });

    it('goes with the time, and stops when the page is left', async () => {
        await show(recordOf());
        jest.advanceTimersByTime(60 * 1000);
        await settled();
        expect(text('checked')).toContain('Checked 6 minutes ago');
        document.body.removeChild(panel);
        expect(jest.getTimerCount()).toBe(0);
    });
});

describe('when there is nothing to show', () => {
    it('says that it is loading', async () => {
        await show();
        expect(find('loading').querySelector('lightning-spinner').alternativeText).toBe(
            'Loading what was found on this deal'
        );
        expect(find('refresh').disabled).toBe(true);
        await expectAccessible();
    });

    it('says that a deal was never checked', async () => {
        await show(recordOf(Object.fromEntries(OURS.map((name) => [name, null]))));
        expect(text('never-checked')).toContain('Not checked yet');
        expect(find('gate')).toBeNull();
        await expectAccessible();
    });

    it.each([[OURS], [['Dealgate_Status__c']], [['Dealgate_Checked_At__c']]])(
        'names the permission set to a user who may not see %s',
        async (hidden) => {
            await show(recordOf({}, { hidden }));
            expect(text('hidden')).toContain('permission set “Dealgate Reader”');
            expect(find('gate')).toBeNull();
            await expectAccessible();
        }
    );

    it.each(OURS.filter((name) => !/Status|Checked_At|Swept_At/.test(name)))(
        'goes on without %s and says that something is hidden',
        async (name) => {
            await show(recordOf({}, { hidden: [name] }));
            expect(text('headline')).toBe('Not yet');
            expect(text('partly-hidden')).toContain('Part of what was found is hidden from you');
        }
    );

    it.each([
        [{ message: 'The record is not there' }, 'The record is not there'],
        [[{ message: 'One.' }, { message: 'Two.' }], 'One. Two.'],
        [undefined, '']
    ])('says what went wrong with %j and offers another try', async (body, expected) => {
        await show();
        await fail(body);
        expect(find('error').getAttribute('role')).toBe('alert');
        expect(text('error')).toContain(expected);
        await expectAccessible();
        find('try-again').click();
        expect(notifyRecordUpdateAvailable).toHaveBeenCalledWith([{ recordId: VALUES.Id }]);
        getRecord.emit(recordOf());
        await settled();
        expect(find('error')).toBeNull();
        expect(text('headline')).toBe('Not yet');
    });
});

describe('the refresh button', () => {
    it('asks for the record anew and announces that it came', async () => {
        await show(recordOf());
        expect(find('announcement').getAttribute('role')).toBe('status');
        find('refresh').click();
        await settled();
        expect(notifyRecordUpdateAvailable).toHaveBeenCalledWith([{ recordId: VALUES.Id }]);
        await settled();
        expect(text('announcement')).toBe('This is the latest check.');
        expect(find('refresh').disabled).toBe(false);
    });

    it('announces that it did not come', async () => {
        notifyRecordUpdateAvailable.mockRejectedValueOnce(new Error('offline'));
        await show(recordOf());
        find('refresh').click();
        await settled();
        await settled();
        expect(text('announcement')).toBe('The latest check could not be loaded.');
        expect(text('headline')).toBe('Not yet');
    });
});

describe('what an administrator sets', () => {
    it('shows a title of their own', async () => {
        await show(recordOf(), { title: 'How far along?' });
        expect(panel.shadowRoot.querySelector('lightning-card').title).toBe('How far along?');
    });

    it('shows the gate, the deadline and two things missing when compact, and the rest on a click', async () => {
        await show(recordOf({ Dealgate_Missing__c: 'a: 1\nb: 2\nc: 3\nd: 4' }), { compact: true });
        expect(items('missing')).toHaveLength(2);
        expect(['gate', 'deadline', 'checked'].map((id) => find(id) !== null)).toEqual([true, true, true]);
        expect(['score', 'flags', 'closed-stages'].map(find)).toEqual([null, null, null]);
        expect(find('fold').label).toBe('Show all (2 more missing)');
        expect(find('fold').ariaExpanded).toBe('false');
        await expectAccessible();

        find('fold').click();
        await settled();
        expect(items('missing')).toHaveLength(4);
        expect(find('score')).not.toBeNull();
        expect([find('fold').label, find('fold').ariaExpanded]).toEqual(['Show less', 'true']);
    });

    it('offers no click where nothing is folded away', async () => {
        await show(recordOf());
        expect(find('fold')).toBeNull();
    });
});

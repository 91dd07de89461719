import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { OURS } from '../src/app/cards/dealgate/verdict';
import { dealOf, LABELS, NOW, VALUES, type Values } from './deals';
import { found, pageThatKnows, show as showOn, texts, type Node, type Shown } from './page';

const DAY = 24 * 60 * 60 * 1000;

let card: Shown;

const show = (properties: Values, options = {}) => {
    card = showOn({ properties }, options);
    return card;
};

const props = (node: Node | null) => (node as unknown as { props: Record<string, unknown> }).props;

beforeEach(() => {
    vi.useFakeTimers({ now: NOW, toFake: ['Date', 'setInterval', 'clearInterval'] });
});

afterEach(async () => {
    card.leave();
    await vi.waitFor(() => expect(card.renderer.getRootNode().childNodes).toEqual([]));
    vi.useRealTimers();
});

describe('what is asked of the page', () => {
    it('asks for what Dealgate writes, the stage, and whether the deal is closed', () => {
        show(dealOf());
        expect([...card.asked()].sort()).toEqual(Object.keys(VALUES).sort());
    });
});

describe('the gate', () => {
    const gate = (values: Values, hidden: string[] = []) => {
        show(dealOf(values, hidden));
        const { title, variant } = props(card.find('gate'));
        return [title, variant, card.text('gate')];
    };

    it('says where a clear deal may move on to', () => {
        expect(
            gate({ dealgate_status: 'clear', dealgate_allowed_stage: 'contractsent', dealgate_missing: null })
        ).toEqual(['Clear', 'success', 'This deal may move on to contractsent.']);
        expect(card.text('nothing-missing')).toBe('Nothing is missing.');
        expect(card.find('missing')).toBeNull();
    });

    it('says that a deal at the end of its last stage may be won', () => {
        expect(gate({ dealgate_status: 'clear', dealgate_allowed_stage: 'won' })[2]).toBe('This deal may be won.');
        expect(card.text('allowed')).toBe('Won');
    });

    it('does not promise a further stage to a deal that moved on since it was checked', () => {
        expect(gate({ dealgate_status: 'clear' })[2]).toBe(
            'This deal may stand in qualifiedtobuy. The next check says whether it may move on.'
        );
    });

    it('says that advice holds nothing up', () => {
        expect(gate({ dealgate_status: 'advise', dealgate_allowed_stage: 'contractsent' })).toEqual([
            'Clear, with advice',
            'info',
            'This deal may move on to contractsent. The advice below does not hold it up.'
        ]);
        expect(texts(card.find('missing'))[0]).toBe('Advice');
    });

    it('says that a deal stands rightly and may not move on yet', () => {
        expect(gate({})).toEqual([
            'Not yet',
            'warning',
            'This deal stands rightly in qualifiedtobuy. It may move on once what is missing is done.'
        ]);
    });

    it('says how far a blocked deal may stand', () => {
        expect(gate({ dealgate_status: 'blocked', dealstage: 'contractsent' })).toEqual([
            'Blocked',
            'error',
            'This deal stands in contractsent, but may stand no further than qualifiedtobuy until what is missing is done.'
        ]);
    });

    it('says how far a blocked deal may stand once it went back', () => {
        expect(gate({ dealgate_status: 'blocked' })[2]).toBe(
            'This deal may stand no further than qualifiedtobuy until what is missing is done.'
        );
    });

    it('warns when a deal stands in a stage that is closed for it', () => {
        expect(gate({ dealstage: '1045827300' })[2]).toBe(
            'This deal may stand no further than qualifiedtobuy until what is missing is done. ' +
                'It stands in 1045827300, which is closed for it now. The next check will look at that.'
        );
    });

    it.each([
        ['clear', 'This deal may move on.'],
        ['advise', 'This deal may move on. The advice below does not hold it up.'],
        ['not yet', 'This deal may not move on until what is missing is done.'],
        ['blocked', 'This deal may not move on until what is missing is done.']
    ])('says %s without the allowed stage when that property is hidden', (status, expected) => {
        expect(gate({ dealgate_status: status }, ['dealgate_allowed_stage'])[2]).toBe(expected);
        expect(card.find('allowed')).toBeNull();
    });

    it('says that a deal may not move on where neither its stage nor the furthest one is known', () => {
        expect(gate({ dealstage: null, dealgate_allowed_stage: null })[2]).toBe(
            'This deal may not move on until what is missing is done.'
        );
    });

    it('names no closed stage when every stage is open', () => {
        show(dealOf({ dealgate_blocked_stages: null }));
        expect(card.find('closed-stages')).toBeNull();
    });
});

describe('stages', () => {
    let forget: () => void;

    beforeEach(() => {
        forget = pageThatKnows(LABELS);
    });

    afterEach(() => forget());

    it('are called what people call them, once the page said so', async () => {
        show(dealOf());
        expect(texts(card.find('closed-stages'))).toEqual(['contractsent', '1045827300', 'closedwon']);
        await card.renderer.waitFor(() => expect(card.text('gate')).toContain('stands rightly in Discovery.'));
        expect(texts(card.find('closed-stages'))).toEqual(['Proposal', 'Negotiation', 'Closed Won']);
        expect(card.text('allowed')).toBe('Discovery');
    });

    it('keep their id where the page knows no label', async () => {
        show(dealOf({ dealgate_blocked_stages: '|gone|contractsent|' }));
        await card.renderer.waitFor(() => expect(texts(card.find('closed-stages'))).toEqual(['gone', 'Proposal']));
    });
});

describe('a deal without a gate', () => {
    it.each([
        ['is closed', { hs_is_closed: 'true' }, 'Closed This deal is closed, so it has no gate.'],
        ['has no playbook', { dealgate_playbook: null }, 'No gate No playbook applies to this deal.'],
        [
            'stands in a stage of no playbook',
            { dealstage: 'parked' },
            'No gate The playbook does not name the stage parked, so it asks nothing of this deal there.'
        ],
        ['has a status nobody knows', { dealgate_status: 'perhaps' }, 'No gate This deal has no gate now.']
    ])('says why when it %s', (_, values, expected) => {
        show(dealOf({ dealgate_status: null, dealgate_missing: null, ...values }));
        expect(card.text('gate')).toBe(expected);
        expect(card.find('nothing-missing')).toBeNull();
    });

    it('still lists what a closed deal lacks', () => {
        show(dealOf({ dealgate_status: null, hs_is_closed: 'true', dealgate_missing: 'Loss reason: name it' }));
        expect(card.text('missing')).toContain('Loss reason');
    });
});

describe('what is missing', () => {
    const missing = () => found(card.renderer.getRootNode().childNodes, /^missing-/).map(texts);

    it('shows what is missing, then what to do', () => {
        show(dealOf());
        expect(texts(card.find('missing'))[0]).toBe('What is missing');
        expect(missing()).toEqual([
            ['The problem is written down', 'write pain in at least 5 words'],
            ['Budget is confirmed', 'confirm budget']
        ]);
    });

    it.each([
        ['Only this', ['Only this']],
        ['Meet at 10:30 once: write it down: today', ['Meet at 10:30 once', 'write it down: today']],
        ['<b>bold</b>: <script>', ['<b>bold</b>', '<script>']]
    ])('reads the line `%s`', (line, read) => {
        show(dealOf({ dealgate_missing: `\r\n${line}\r\n\n` }));
        expect(missing()).toEqual([read]);
    });
});

describe('the next deadline', () => {
    it.each([
        ['2026-11-21', '3 days late', 'Nov 21, 2026', true],
        ['2026-11-23', '1 day late', 'Nov 23, 2026', true],
        ['2026-11-24', 'today', 'Nov 24, 2026', false],
        ['2026-11-25', 'tomorrow', 'Nov 25, 2026', false],
        [`${Date.parse('2026-11-27T00:00:00Z')}`, 'in 3 days', 'Nov 27, 2026', false],
        ['2029-11-24', 'in 1,096 days', 'Nov 24, 2029', false]
    ])('says of %s: %s', (day, due, date, isLate) => {
        show(dealOf({ dealgate_next_deadline: day }));
        expect(card.text(isLate ? 'late' : 'due')).toBe(due);
        expect(card.text('date')).toBe(date);
        expect(card.find(isLate ? 'due' : 'late')).toBeNull();
    });

    it('counts from today where the user is', () => {
        vi.setSystemTime(Date.parse('2026-11-25T03:00:00Z')); // still the 24th in New York
        show(dealOf());
        expect(card.text('due')).toBe('tomorrow');
    });

    it.each([null, 'soon'])('is left out where it is %s', (day) => {
        show(dealOf({ dealgate_next_deadline: day }));
        expect(card.find('deadline')).toBeNull();
    });
});

describe('the score', () => {
    it('is a bar that says in words what it shows', () => {
        show(dealOf());
        expect(card.text('score')).toBe('62.5 of 100, Likely');
        expect(props(card.find('meter'))).toMatchObject({
            value: 62.5,
            'aria-label': 'Qualification: 62.5 of 100, Likely'
        });
    });

    it('is shown when it is zero and has no band', () => {
        show(dealOf({ dealgate_score: '0', dealgate_band: null }));
        expect(card.text('score')).toBe('0 of 100');
    });

    it('is left out where the playbook has no scorecard', () => {
        show(dealOf({ dealgate_score: null, dealgate_band: null }));
        expect(card.find('score')).toBeNull();
    });
});

describe('flags, waivers and the note', () => {
    it('lists flags and waivers', () => {
        show(dealOf());
        expect(texts(card.find('flags'))).toEqual(['At risk', 'No champion']);
        expect(texts(card.find('waived'))).toEqual(['ideal client']);
    });

    it('leaves them out where there are none', () => {
        show(dealOf({ dealgate_flags: null, dealgate_waived: null }));
        expect(['flags', 'waived', 'note'].map(card.find)).toEqual([null, null, null]);
    });

    it('says why the deal was moved back', () => {
        show(dealOf({ dealgate_note: 'Moved back to Discovery.\nThe budget is not confirmed.' }));
        expect(texts(card.find('note'))).toEqual([
            'Why this deal was moved back',
            'Moved back to Discovery.',
            'The budget is not confirmed.'
        ]);
    });

    it.each(['clear', 'advise'])('says nothing of a correction of long ago once the deal is %s', (status) => {
        show(dealOf({ dealgate_status: status, dealgate_note: 'Moved back to Discovery.' }));
        expect(card.find('note')).toBeNull();
    });
});

describe('when it was checked', () => {
    it.each([
        ['2026-11-24T17:02:00Z', 'just now'],
        ['2026-11-24T16:59:30.000Z', 'just now'],
        [`${NOW - 60_000}`, '1 minute ago'],
        ['2026-11-24T16:55:00.000Z', '5 minutes ago'],
        ['2026-11-24T15:30:00.000Z', '1 hour ago'],
        ['2026-11-23T18:00:00.000Z', '23 hours ago'],
        ['2026-11-22T16:00:00.000Z', '2 days ago']
    ])('says of %s: checked %s', (moment, ago) => {
        show(dealOf({ dealgate_checked_at: moment }));
        expect(card.text('checked')).toBe(`Checked ${ago} · enterprise, version 3`);
        expect(card.find('stale')).toBeNull();
    });

    it('does not claim to know of checks that wrote nothing', () => {
        show(dealOf({ dealgate_checked_at: '2026-11-19T16:00:00.000Z' }));
        expect(card.text('stale')).toBe(
            'This was written 5 days ago. Since then nothing new was found, or no check has run.'
        );
    });

    it.each([
        [3 * DAY, false],
        [3 * DAY + 1, true]
    ])('one %i ms old is out of date: %s', (age, isStale) => {
        show(dealOf({ dealgate_checked_at: new Date(NOW - age).toISOString() }));
        expect(card.find('stale') !== null).toBe(isStale);
    });

    it('goes with the time, and stops when the page is left', async () => {
        show(dealOf());
        await vi.waitFor(() => expect(vi.getTimerCount()).toBe(1));
        vi.advanceTimersByTime(60 * 1000);
        await vi.waitFor(() => expect(card.text('checked')).toContain('Checked 6 minutes ago'));
        card.leave();
        await vi.waitFor(() => expect(vi.getTimerCount()).toBe(0));
    });
});

describe('when there is nothing to show', () => {
    it('says that it is loading', () => {
        card = showOn({ isLoading: true });
        expect(props(card.find('loading'))['label']).toBe('Loading what was found on this deal');
        expect(card.find('refresh')).toBeNull();
    });

    it.each([
        ['nothing was written yet', Object.fromEntries(OURS.map((name) => [name, null]))],
        ['nobody can read when it was checked', { dealgate_checked_at: 'yesterday' }]
    ])('says that a deal was never checked when %s', (_, values) => {
        show(dealOf(values));
        expect(card.text('never-checked')).toContain('Not checked yet');
        expect(card.find('gate')).toBeNull();
    });

    it.each([[OURS], [['dealgate_status']], [['dealgate_checked_at']]])(
        'names the right to ask for to a user who may not see %s',
        (hidden) => {
            show(dealOf({}, hidden));
            expect(card.text('hidden')).toContain('the right to view the deal properties of the group “Dealgate”');
            expect(card.find('gate')).toBeNull();
        }
    );

    it.each(OURS.filter((name) => !/status|checked_at/.test(name)))(
        'goes on without %s and says that something is hidden',
        (name) => {
            show(dealOf({}, [name]));
            expect(props(card.find('gate'))['title']).toBe('Not yet');
            expect(card.text('partly-hidden')).toContain('Part of what was found is hidden from you');
        }
    );

    it('says nothing of hidden properties where none is', () => {
        show(dealOf());
        expect(card.find('partly-hidden')).toBeNull();
    });

    it('says what went wrong and offers another try', async () => {
        card = showOn({ error: new Error('The record is not there') });
        expect(props(card.find('error'))).toMatchObject({ title: 'This could not be loaded', variant: 'error' });
        expect(card.text('error')).toContain('The record is not there');
        card.click('try-again');
        expect(card.refetched()).toBe(1);
        card.answer({ isRefetching: true });
        await card.renderer.waitFor(() => expect(card.find('loading')).not.toBeNull());
        card.answer({ properties: dealOf() });
        await card.renderer.waitFor(() => expect(props(card.find('gate'))['title']).toBe('Not yet'));
    });
});

describe('the refresh button', () => {
    it('asks for the deal anew', () => {
        show(dealOf());
        card.click('refresh');
        expect(card.refetched()).toBe(1);
    });

    it('announces that the answer came, and nothing before', async () => {
        show(dealOf());
        card.answer({ properties: dealOf(), isRefetching: true });
        await card.renderer.waitFor(() => expect(props(card.find('refresh'))['disabled']).toBe(true));
        expect(card.alerts).toEqual([]);
        card.answer({ properties: dealOf({ dealgate_status: 'clear' }) });
        await card.renderer.waitFor(() => expect(props(card.find('gate'))['title']).toBe('Clear'));
        await vi.waitFor(() =>
            expect(card.alerts).toEqual([{ type: 'success', message: 'This is the latest check.' }])
        );
    });

    it('waits while the answer is on its way', () => {
        card = showOn({ properties: dealOf(), isRefetching: true });
        expect(props(card.find('refresh'))['disabled']).toBe(true);
    });

    it('says that the answer did not come, and keeps what was there', () => {
        card = showOn({ properties: dealOf(), error: new Error('offline') });
        expect(card.text('not-refreshed')).toBe('The latest check could not be loaded.');
        expect(props(card.find('gate'))['title']).toBe('Not yet');
    });
});

describe('a compact card', () => {
    it('shows the gate, the deadline and two things missing, and the rest on a click', async () => {
        show(dealOf({ dealgate_missing: 'a: 1\nb: 2\nc: 3\nd: 4' }), { isCompact: true });
        const missing = () => found(card.renderer.getRootNode().childNodes, /^missing-/);
        expect(missing()).toHaveLength(2);
        expect(['gate', 'deadline', 'checked'].map((id) => card.find(id) !== null)).toEqual([true, true, true]);
        expect(['score', 'flags', 'closed-stages'].map(card.find)).toEqual([null, null, null]);
        expect(card.text('fold')).toBe('Show all (2 more missing)');

        card.click('fold');
        await card.renderer.waitFor(() => expect(missing()).toHaveLength(4));
        expect(card.find('score')).not.toBeNull();
        expect(card.text('fold')).toBe('Show less');

        card.click('fold');
        await card.renderer.waitFor(() => expect(missing()).toHaveLength(2));
    });

    it('offers no click where nothing is folded away', () => {
        show(dealOf());
        expect(card.find('fold')).toBeNull();
    });
});

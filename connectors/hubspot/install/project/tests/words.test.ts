import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { readVerdict } from '../src/app/cards/dealgate/verdict';
import { agoWords, dueWords, playbookWords, showMore } from '../src/app/cards/dealgate/words';
import { dealOf } from './deals';

describe('words', () => {
    it.each([
        [-2, '2 days late'],
        [-1, '1 day late'],
        [0, 'today'],
        [1, 'tomorrow'],
        [2, 'in 2 days']
    ])('say that a day %i days away is %s', (days, expected) => {
        expect(dueWords(days, `${Math.abs(days)}`)).toBe(expected);
    });

    it('say one of a thing as one', () => {
        expect(agoWords('hour', 1, '1')).toBe('1 hour ago');
        expect(agoWords('hour', 2, '2')).toBe('2 hours ago');
    });

    it('count what is folded away, where something is', () => {
        expect([showMore(2), showMore(0)]).toEqual(['Show all (2 more missing)', 'Show all']);
    });

    it('name a playbook without a version', () => {
        expect(playbookWords('enterprise', '')).toBe('enterprise');
    });
});

describe('a verdict', () => {
    it('is read from texts, with what is not there empty', () => {
        expect(
            readVerdict(dealOf({ dealgate_score: 'high', dealgate_playbook: 'enterprise' }, ['dealgate_band']))
        ).toEqual({
            stage: 'qualifiedtobuy',
            isClosed: false,
            status: 'not yet',
            score: null,
            band: '',
            allowedStage: 'qualifiedtobuy',
            missing: [
                { says: 'The problem is written down', does: 'write pain in at least 5 words' },
                { says: 'Budget is confirmed', does: 'confirm budget' }
            ],
            flags: ['At risk', 'No champion'],
            nextDeadline: '2026-11-25',
            playbook: { name: 'enterprise', version: '' },
            checkedAt: Date.parse('2026-11-24T16:55:00Z'),
            blockedStages: ['contractsent', '1045827300', 'closedwon'],
            waived: ['ideal-client'],
            note: '',
            isHidden: false,
            isPartlyHidden: true
        });
    });
});

describe('the entry points', () => {
    it.each([
        ['tab', 'DealgateTab.tsx'],
        ['sidebar', 'DealgateSidebar.tsx']
    ])('the card for the %s is registered for where its manifest puts it', (place, file) => {
        const { config } = JSON.parse(readFileSync(`src/app/cards/dealgate-${place}-hsmeta.json`, 'utf8')) as {
            config: Record<string, string>;
        };
        expect(config['location']).toBe(`crm.record.${place}`);
        expect(config['entrypoint']).toBe(`/app/cards/${file}`);
        expect(readFileSync(`src/app/cards/${file}`, 'utf8')).toContain(`extend<'crm.record.${place}'>`);
    });
});

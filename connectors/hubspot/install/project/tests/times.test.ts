import { describe, expect, it } from 'vitest';
import { agoText, dateText, dayOf, dueText, momentOf, numberText, readerOf } from '../src/app/cards/dealgate/times';

const NOW = Date.parse('2026-11-24T17:00:00Z'); // the 25th, 4 in the morning in Sydney

describe('a user with another locale and time zone', () => {
    const reader = readerOf('de-de', 'Australia/Sydney');

    it('reads numbers and dates as usual there', () => {
        expect(numberText(62.5, reader)).toBe('62,5');
        expect(dateText('2026-11-25', reader)).toBe('25.11.2026');
    });

    it('counts days on its own calendar', () => {
        expect(dueText('2026-11-25', NOW, reader)).toBe('today');
    });
});

describe('a locale', () => {
    it.each([
        ['de-de', 'de-DE'],
        ['pt_BR', 'pt-BR'],
        ['en', 'en'],
        ['', undefined],
        ['not a locale', undefined],
        [undefined, undefined]
    ])('%s is read as %s', (written, locale) => {
        expect(readerOf(written).locale).toBe(locale);
    });
});

describe('a moment', () => {
    it.each([
        ['2026-11-24T17:00:00.000Z', NOW],
        ['2026-11-24T17:00:00Z', NOW],
        [`${NOW}`, NOW],
        ['-1', -1],
        ['', null],
        ['yesterday', null],
        ['9'.repeat(20), null],
        [null, null]
    ])('%s is read as %s', (written, moment) => {
        expect(momentOf(written)).toBe(moment);
    });

    it('that the clock has yet to reach was just now', () => {
        expect(agoText(NOW + 5000, NOW, readerOf('en'))).toBe('just now');
    });
});

describe('a day', () => {
    it.each([
        ['2026-11-24', '2026-11-24'],
        ['2026-11-24T00:00:00Z', '2026-11-24'],
        [`${Date.parse('2026-11-24T00:00:00Z')}`, '2026-11-24'],
        ['soon', null],
        [null, null]
    ])('%s is read as %s', (written, day) => {
        expect(dayOf(written)).toBe(day);
    });
});

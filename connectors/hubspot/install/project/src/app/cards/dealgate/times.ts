import { agoWords, dueWords, type Unit } from './words';

const MINUTE = 60 * 1000;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;

/** Who reads: in which locale, and in which time zone a day begins and ends. */
export interface Reader {
    locale: string | undefined;
    timeZone: string | undefined;
}

/** Takes a user's locale as HubSpot writes it, such as `de-de` or `pt_BR`; the browser's own where it cannot be one. */
export function readerOf(locale: string | undefined, timeZone?: string): Reader {
    try {
        return { locale: Intl.getCanonicalLocales((locale ?? '').replaceAll('_', '-'))[0], timeZone };
    } catch {
        return { locale: undefined, timeZone };
    }
}

/** Reads a moment, which HubSpot gives as milliseconds or in ISO 8601; null where it is neither. */
export function momentOf(text: string | null): number | null {
    if (!text) {
        return null;
    }
    const moment = /^-?\d+$/.test(text) ? Number(text) : Date.parse(text);
    return Number.isNaN(new Date(moment).getTime()) ? null : moment;
}

/** Reads a day such as `2026-11-24`, which HubSpot may give as the milliseconds of its midnight in UTC. */
export function dayOf(text: string | null): string | null {
    const moment = momentOf(text);
    return moment === null ? null : new Date(moment).toISOString().slice(0, 10);
}

/** Writes a number in the user's locale, with one decimal at most. */
export function numberText(number: number, reader: Reader): string {
    return new Intl.NumberFormat(reader.locale, { maximumFractionDigits: 1 }).format(number);
}

/** Writes a date such as `2026-11-24` in the user's locale. It is a day, not a moment: no time zone moves it. */
export function dateText(day: string, reader: Reader): string {
    return new Intl.DateTimeFormat(reader.locale, { dateStyle: 'medium', timeZone: 'UTC' }).format(
        dayNumber(day) * DAY
    );
}

/** Counts the days from the user's today to a day; below 0 it is past. */
export function daysUntil(day: string, now: number, reader: Reader): number {
    return dayNumber(day) - dayNumber(today(now, reader));
}

/** Says how far away a day is, such as `tomorrow` or `2 days late`. */
export function dueText(day: string, now: number, reader: Reader): string {
    const days = daysUntil(day, now, reader);
    return dueWords(days, numberText(Math.abs(days), reader));
}

/** Says how long ago a moment was; one that the user's clock has yet to reach was just now. */
export function agoText(moment: number, now: number, reader: Reader): string {
    const [unit, number] = inUnits(now - moment);
    return agoWords(unit, number, numberText(number, reader));
}

/** Whether a moment is more than so many days ago. */
export function isOlderThan(moment: number, days: number, now: number): boolean {
    return now - moment > days * DAY;
}

function inUnits(milliseconds: number): [Unit | null, number] {
    if (milliseconds >= DAY) {
        return ['day', Math.floor(milliseconds / DAY)];
    }
    if (milliseconds >= HOUR) {
        return ['hour', Math.floor(milliseconds / HOUR)];
    }
    return milliseconds >= MINUTE ? ['minute', Math.floor(milliseconds / MINUTE)] : [null, 0];
}

/** In Sweden's locale a date is written as in ISO 8601. */
function today(now: number, reader: Reader): string {
    return new Intl.DateTimeFormat('sv-SE', { timeZone: reader.timeZone }).format(now);
}

function dayNumber(day: string): number {
    return Date.parse(`${day}T00:00:00Z`) / DAY;
}

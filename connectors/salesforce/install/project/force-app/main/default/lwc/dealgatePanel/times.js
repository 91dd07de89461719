import LOCALE from '@salesforce/i18n/locale';
import TIME_ZONE from '@salesforce/i18n/timeZone';
import { agoWords, dueWords } from './words';

const MINUTE = 60 * 1000;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;

/** Writes a number in the user's locale, with one decimal at most. */
export function numberText(number) {
    return new Intl.NumberFormat(LOCALE, { maximumFractionDigits: 1 }).format(number);
}

/** Writes a date such as `2026-11-24` in the user's locale. It is a day, not a moment: no time zone moves it. */
export function dateText(day) {
    return new Intl.DateTimeFormat(LOCALE, { dateStyle: 'medium', timeZone: 'UTC' }).format(dayNumber(day) * DAY);
}

/** Writes a moment in the user's locale and time zone. */
export function momentText(moment) {
    return new Intl.DateTimeFormat(LOCALE, { dateStyle: 'medium', timeStyle: 'short', timeZone: TIME_ZONE }).format(
        new Date(moment)
    );
}

/** Counts the days from the user's today to a day; below 0 it is past. */
export function daysUntil(day, now) {
    return dayNumber(day) - dayNumber(today(now));
}

/** Says how far away a day is, such as `tomorrow` or `2 days late`. */
export function dueText(day, now) {
    const days = daysUntil(day, now);
    return dueWords(days, numberText(Math.abs(days)));
}

/** Says how long ago a moment was; one that the user's clock has yet to reach was just now. */
export function agoText(moment, now) {
    const [unit, number] = inUnits(now - Date.parse(moment));
    return agoWords(unit, number, numberText(number));
}

/** Whether a moment is more than so many days ago. */
export function isOlderThan(moment, days, now) {
    return now - Date.parse(moment) > days * DAY;
}

function inUnits(milliseconds) {
    if (milliseconds >= DAY) {
        return ['day', Math.floor(milliseconds / DAY)];
    }
    if (milliseconds >= HOUR) {
        return ['hour', Math.floor(milliseconds / HOUR)];
    }
    return milliseconds >= MINUTE ? ['minute', Math.floor(milliseconds / MINUTE)] : ['', 0];
}

function today(now) {
    const parts = new Intl.DateTimeFormat('en', {
        timeZone: TIME_ZONE,
        year: 'numeric',
        month: '2-digit',
        day: '2-digit'
    }).formatToParts(now);
    const part = (type) => parts.find((each) => each.type === type).value;
    return `${part('year')}-${part('month')}-${part('day')}`;
}

function dayNumber(day) {
    return Date.parse(`${day}T00:00:00Z`) / DAY;
}

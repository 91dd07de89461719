import { createElement } from 'lwc';
import { getRecord } from 'lightning/uiRecordApi';
import DealgatePanel from 'c/dealgatePanel';
import { NOW, VALUES, recordOf } from './records';

jest.mock('@salesforce/i18n/locale', () => ({ default: 'de-DE' }), { virtual: true });
jest.mock('@salesforce/i18n/timeZone', () => ({ default: 'Australia/Sydney' }), { virtual: true });

describe('a user with another locale and time zone', () => {
    let panel;

    beforeEach(async () => {
        jest.useFakeTimers({ now: NOW, doNotFake: ['queueMicrotask', 'nextTick'] }); // the 25th, 4 in the morning there
        panel = createElement('c-dealgate-panel', { is: DealgatePanel });
        panel.recordId = VALUES.Id;
        document.body.appendChild(panel);
        getRecord.emit(recordOf({ Dealgate_Next_Deadline__c: '2026-11-25' }));
        await Promise.resolve();
    });

    afterEach(() => {
        document.body.removeChild(panel);
        jest.useRealTimers();
    });

    const find = (id) => panel.shadowRoot.querySelector(`[data-id="${id}"]`);

    it('reads numbers as usual there', () => {
        expect(find('meter').getAttribute('aria-valuetext')).toBe('62,5 of 100, Likely');
    });

    it('reads dates as usual there, on its own calendar', () => {
        expect(find('due').textContent).toBe('today');
        expect(find('deadline').querySelector('time').textContent).toBe('25.11.2026');
    });

    it('reads moments in its own time zone', () => {
        expect(find('checked').querySelector('time').title).toBe('25.11.2026, 03:55');
    });
});

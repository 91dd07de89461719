import { LightningElement, api, wire } from 'lwc';
import { getRecord, notifyRecordUpdateAvailable } from 'lightning/uiRecordApi';
import { getPicklistValues } from 'lightning/uiObjectInfoApi';
import { FIELDS, OPTIONAL_FIELDS, STAGE_FIELD, readVerdict } from './verdict';
import { agoText, dateText, daysUntil, dueText, isOlderThan, momentText, numberText } from './times';
import {
    GATES,
    NO_GATE,
    WON,
    WORDS,
    checkedWords,
    perhapsStaleWords,
    playbookWords,
    scoreWords,
    showMore,
    staleWords,
    standsInClosedStage
} from './words';

const MINUTE = 60 * 1000;
const NO_RECORD_TYPE = '012000000000000AAA';
const SHOWN_WHEN_COMPACT = 2;

/** Shows what Dealgate last wrote on an opportunity. It reads the record, writes nothing and judges nothing. */
export default class DealgatePanel extends LightningElement {
    @api recordId;
    @api title = 'Dealgate';
    @api compact = false;
    @api staleAfterDays = 3;

    words = WORDS;
    verdict;
    error;
    announcement = '';
    isRefreshing = false;
    isUnfolded = false;
    now = Date.now();
    recordTypeId;
    stageLabels = new Map();

    @wire(getRecord, { recordId: '$recordId', fields: FIELDS, optionalFields: OPTIONAL_FIELDS })
    receiveRecord({ data, error }) {
        if (data) {
            this.verdict = readVerdict(data);
            this.recordTypeId = data.recordTypeId ?? NO_RECORD_TYPE;
        }
        this.error = error;
        this.now = Date.now();
    }

    /** Stages are written by their API names; people know them by their labels. */
    @wire(getPicklistValues, { recordTypeId: '$recordTypeId', fieldApiName: STAGE_FIELD })
    receiveStages({ data }) {
        if (data) {
            this.stageLabels = new Map(data.values.map((each) => [each.value, each.label]));
        }
    }

    connectedCallback() {
        // eslint-disable-next-line @lwc/lwc/no-async-operation -- once a minute, and cleared when the page is left
        this.clock = setInterval(() => {
            this.now = Date.now();
        }, MINUTE);
    }

    disconnectedCallback() {
        clearInterval(this.clock);
    }

    async refresh() {
        this.isRefreshing = true;
        this.announcement = '';
        try {
            await notifyRecordUpdateAvailable([{ recordId: this.recordId }]);
            this.announcement = WORDS.refreshed;
        } catch {
            this.announcement = WORDS.notRefreshed;
        }
        this.now = Date.now();
        this.isRefreshing = false;
    }

    fold() {
        this.isUnfolded = !this.isUnfolded;
    }

    // What there is to show.

    get isLoading() {
        return !this.verdict && !this.error;
    }

    get isBusy() {
        return this.isLoading || this.isRefreshing;
    }

    get busyText() {
        return `${this.isBusy}`;
    }

    get isHidden() {
        return this.verdict.isHidden;
    }

    get isNeverChecked() {
        return !this.verdict.checkedAt;
    }

    get errorText() {
        const body = this.error.body;
        const messages = Array.isArray(body) ? body.map((each) => each.message) : [body?.message];
        return messages.filter(Boolean).join(' ');
    }

    get cardClass() {
        return this.compact ? 'compact' : '';
    }

    // The gate.

    get gate() {
        const gate = GATES[this.verdict.status];
        return gate ? { ...gate, sentence: gate.sentence(this.stage, this.allowedStage) } : this.noGate;
    }

    get noGate() {
        const { isClosed, status, playbook } = this.verdict;
        if (isClosed) {
            return NO_GATE.closed;
        }
        if (status || !this.stage.label) {
            return NO_GATE.unknown;
        }
        return playbook ? NO_GATE.noStage(this.stage.label) : NO_GATE.noPlaybook;
    }

    get gateClass() {
        return `gate gate_${(this.verdict.status ?? 'none').replace(' ', '-')}`;
    }

    get stage() {
        return this.verdict.stage;
    }

    get allowedStage() {
        return this.labelled(this.verdict.allowedStage ?? '');
    }

    get allowed() {
        const { name, label } = this.allowedStage;
        return name === WON ? WORDS.won : label;
    }

    get closedStages() {
        return this.verdict.blockedStages.map((name) => this.labelled(name));
    }

    get hasClosedStages() {
        return this.verdict.blockedStages.length > 0;
    }

    /** Somebody with the bypass may have moved the deal since, or automation. */
    get closedStageWarning() {
        const { name, label } = this.stage;
        const isKnown = this.verdict.status === 'blocked' || !this.verdict.blockedStages.includes(name);
        return isKnown ? '' : standsInClosedStage(label);
    }

    labelled(name) {
        return { name, label: this.stageLabels.get(name) ?? name };
    }

    // What is missing.

    get hasMissing() {
        return this.verdict.missing.length > 0;
    }

    get missingHeading() {
        return this.verdict.status === 'advise' ? WORDS.advice : WORDS.missing;
    }

    get shownMissing() {
        return this.isWhole ? this.verdict.missing : this.verdict.missing.slice(0, SHOWN_WHEN_COMPACT);
    }

    /** What the last correction was about is told until the gate opens; after that it is history. */
    get note() {
        return ['clear', 'advise'].includes(this.verdict.status) ? null : this.verdict.note;
    }

    get saysNothingMissing() {
        return this.verdict.status === 'clear';
    }

    // Facts.

    get deadline() {
        const day = this.verdict.nextDeadline;
        if (!day) {
            return null;
        }
        const isLate = daysUntil(day, this.now) < 0;
        return {
            due: dueText(day, this.now),
            date: dateText(day),
            className: isLate ? 'facts__row facts__row_late' : 'facts__row'
        };
    }

    get score() {
        const { score, band } = this.verdict;
        return score === null
            ? null
            : { value: score, words: scoreWords(numberText(score), band), style: `width: ${score}%` };
    }

    get hasFlags() {
        return this.verdict.flags.length > 0;
    }

    get waived() {
        return this.verdict.waived.map((id) => id.replace(/[-_]/g, ' '));
    }

    get hasWaived() {
        return this.verdict.waived.length > 0;
    }

    // When it was checked.

    /** A check that finds nothing new writes nothing on the deal: the last sweep, where known, looked at it too. */
    get checkedAt() {
        const { checkedAt, sweptAt } = this.verdict;
        return sweptAt && Date.parse(sweptAt) > Date.parse(checkedAt) ? sweptAt : checkedAt;
    }

    get checkedText() {
        return checkedWords(agoText(this.checkedAt, this.now));
    }

    get checkedMoment() {
        return momentText(this.checkedAt);
    }

    get staleText() {
        if (!isOlderThan(this.checkedAt, this.staleAfterDays, this.now)) {
            return '';
        }
        const ago = agoText(this.checkedAt, this.now);
        return this.verdict.sweptAt ? staleWords(ago) : perhapsStaleWords(ago);
    }

    get playbook() {
        const [name, version] = (this.verdict.playbook ?? '').split('@');
        return name ? playbookWords(name, version) : '';
    }

    // Compact: the rest on a click.

    get isWhole() {
        return !this.compact || this.isUnfolded;
    }

    get canFold() {
        return this.compact;
    }

    get foldLabel() {
        return this.isUnfolded ? WORDS.showLess : showMore(this.verdict.missing.length - this.shownMissing.length);
    }

    get expandedText() {
        return `${this.isUnfolded}`;
    }
}

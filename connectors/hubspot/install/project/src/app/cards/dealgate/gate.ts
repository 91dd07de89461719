import { labelled, type Labels, type Stage } from './stages';
import type { Verdict } from './verdict';
import { GATES, NO_GATE, standsInClosedStage, WON, WORDS, type GateWords } from './words';

/** A gate in words: how it is called, what it says and, if the deal slipped past it since, that too. */
export interface Gate {
    headline: string;
    variant: GateWords['variant'] | null;
    sentence: string;
    warning: string;
}

/** Says where a deal's gate stands; of a deal without one, why it has none. */
export function gateOf(verdict: Verdict, labels: Labels): Gate {
    const stage = labelled(verdict.stage, labels);
    const gate = GATES[verdict.status];
    const warning = closedStageWarning(verdict, stage);
    if (!gate) {
        return { ...noGate(verdict, stage), variant: null, warning };
    }
    const { headline, variant, sentence } = gate;
    return { headline, variant, sentence: sentence(stage, labelled(verdict.allowedStage, labels)), warning };
}

/** Names the furthest stage a deal may stand in, empty where it is not known. */
export function allowedText(verdict: Verdict, labels: Labels): string {
    const { name, label } = labelled(verdict.allowedStage, labels);
    return name === WON ? WORDS.won : label;
}

/** Tells why a deal was moved back, until its gate opens; after that it is history. */
export function noteOf(verdict: Verdict): string {
    return ['clear', 'advise'].includes(verdict.status) ? '' : verdict.note;
}

function noGate(verdict: Verdict, stage: Stage): { headline: string; sentence: string } {
    if (verdict.isClosed) {
        return NO_GATE.closed;
    }
    if (verdict.status || !stage.label) {
        return NO_GATE.unknown;
    }
    return verdict.playbook.name ? NO_GATE.noStage(stage.label) : NO_GATE.noPlaybook;
}

/** Somebody whom nothing stops may have moved the deal since, or automation. */
function closedStageWarning(verdict: Verdict, stage: Stage): string {
    const isKnown = verdict.status === 'blocked' || !verdict.blockedStages.includes(stage.name);
    return isKnown ? '' : standsInClosedStage(stage.label);
}

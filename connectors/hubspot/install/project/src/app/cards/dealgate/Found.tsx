import { Alert, Button, Flex, Heading, Icon, Text } from '@hubspot/ui-extensions';
import { useState } from 'react';
import { useNow } from './clock';
import { Facts } from './Facts';
import { gateOf, noteOf, type Gate } from './gate';
import { Missing } from './Missing';
import { SHOWN_WHEN_COMPACT, STALE_AFTER_DAYS } from './settings';
import { useStageLabels } from './stages';
import { agoText, isOlderThan, type Reader } from './times';
import { lines, type Verdict } from './verdict';
import { checkedWords, perhapsStaleWords, playbookWords, showMore, WORDS } from './words';

interface FoundProperties {
    verdict: Verdict;
    checkedAt: number;
    isCompact: boolean;
    reader: Reader;
}

/** Shows what was found on a deal: its gate, what is missing and what to do, then the facts beside it. */
export function Found({ verdict, checkedAt, isCompact, reader }: FoundProperties) {
    const now = useNow();
    const labels = useStageLabels([verdict.stage, verdict.allowedStage, ...verdict.blockedStages].filter(Boolean));
    const [isUnfolded, setUnfolded] = useState(false);
    const isWhole = !isCompact || isUnfolded;
    const shown = isWhole ? verdict.missing : verdict.missing.slice(0, SHOWN_WHEN_COMPACT);
    const ago = agoText(checkedAt, now, reader);
    return (
        <Flex direction="column" gap="sm">
            <GateAlert gate={gateOf(verdict, labels)} />
            {isOlderThan(checkedAt, STALE_AFTER_DAYS, now) && <Stale text={perhapsStaleWords(ago)} />}
            <Note text={noteOf(verdict)} />
            <Missing heading={verdict.status === 'advise' ? WORDS.advice : WORDS.missing} missing={shown} />
            {verdict.status === 'clear' && !shown.length && (
                <Text testId="nothing-missing">{WORDS.nothingMissing}</Text>
            )}
            <Facts verdict={verdict} labels={labels} isWhole={isWhole} now={now} reader={reader} />
            {isCompact && (
                <Flex align="start">
                    <Button variant="transparent" size="xs" onClick={() => setUnfolded(!isUnfolded)} testId="fold">
                        {isUnfolded ? WORDS.showLess : showMore(verdict.missing.length - shown.length)}
                    </Button>
                </Flex>
            )}
            {verdict.isPartlyHidden && (
                <Text variant="microcopy" testId="partly-hidden">
                    {WORDS.partlyHidden}
                </Text>
            )}
            <Text variant="microcopy" testId="checked">
                {[checkedWords(ago), playbookText(verdict)].filter(Boolean).join(' · ')}
            </Text>
        </Flex>
    );
}

function GateAlert({ gate: { headline, variant, sentence, warning } }: { gate: Gate }) {
    const text = [sentence, warning].filter(Boolean).join(' ');
    return variant ? (
        <Alert title={headline} variant={variant} testId="gate">
            {text}
        </Alert>
    ) : (
        <Flex direction="column" gap="xs" testId="gate">
            <Heading>{headline}</Heading>
            <Text>{text}</Text>
        </Flex>
    );
}

function Stale({ text }: { text: string }) {
    return (
        <Flex gap="xs" align="baseline" testId="stale">
            <Icon name="warning" color="warning" size="sm" />
            <Text>{text}</Text>
        </Flex>
    );
}

function Note({ text }: { text: string }) {
    return text ? (
        <Flex direction="column" gap="xs" testId="note">
            <Heading>{WORDS.movedBack}</Heading>
            {lines(text).map((line, index) => (
                <Text key={index}>{line}</Text>
            ))}
        </Flex>
    ) : null;
}

function playbookText({ playbook: { name, version } }: Verdict): string {
    return name && playbookWords(name, version);
}

import {
    DescriptionList,
    DescriptionListItem,
    Flex,
    Inline,
    ProgressBar,
    StatusTag,
    Tag,
    Text
} from '@hubspot/ui-extensions';
import { allowedText } from './gate';
import { labelled, type Labels } from './stages';
import { dateText, daysUntil, dueText, numberText, type Reader } from './times';
import type { Verdict } from './verdict';
import { scoreWords, WORDS } from './words';

interface FactsProperties {
    verdict: Verdict;
    labels: Labels;
    isWhole: boolean;
    now: number;
    reader: Reader;
}

/** Shows the facts beside a gate, those there are: the deadline always, the others where the card is whole. */
export function Facts({ verdict, labels, isWhole, now, reader }: FactsProperties) {
    const { nextDeadline, blockedStages, score, flags, waived } = verdict;
    const allowed = allowedText(verdict, labels);
    const facts = [
        nextDeadline && <Deadline key="deadline" day={nextDeadline} now={now} reader={reader} />,
        isWhole && allowed && <Fact key="allowed" id="allowed" label={WORDS.allowed} lines={[allowed]} />,
        isWhole && blockedStages.length > 0 && (
            <Fact
                key="closed-stages"
                id="closed-stages"
                label={WORDS.closedStages}
                lines={blockedStages.map((name) => labelled(name, labels).label)}
            />
        ),
        isWhole && score !== null && <Score key="score" score={score} band={verdict.band} reader={reader} />,
        isWhole && flags.length > 0 && <Flags key="flags" flags={flags} />,
        isWhole && waived.length > 0 && (
            <Fact
                key="waived"
                id="waived"
                label={WORDS.waived}
                lines={waived.map((criterion) => criterion.replace(/[-_]/g, ' '))}
            />
        )
    ].filter(Boolean);
    return facts.length ? <DescriptionList testId="facts">{facts}</DescriptionList> : null;
}

function Fact({ id, label, lines }: { id: string; label: string; lines: string[] }) {
    return (
        <DescriptionListItem label={label} testId={id}>
            <Flex direction="column" gap="flush">
                {lines.map((line) => (
                    <Text key={line}>{line}</Text>
                ))}
            </Flex>
        </DescriptionListItem>
    );
}

function Deadline({ day, now, reader }: { day: string; now: number; reader: Reader }) {
    const due = dueText(day, now, reader);
    return (
        <DescriptionListItem label={WORDS.deadline} testId="deadline">
            <Inline gap="xs" align="baseline">
                {daysUntil(day, now, reader) < 0 ? (
                    <StatusTag variant="danger" testId="late">
                        {due}
                    </StatusTag>
                ) : (
                    <Text inline format={{ fontWeight: 'bold' }} testId="due">
                        {due}
                    </Text>
                )}
                <Text inline testId="date">
                    {dateText(day, reader)}
                </Text>
            </Inline>
        </DescriptionListItem>
    );
}

function Score({ score, band, reader }: { score: number; band: string; reader: Reader }) {
    const words = scoreWords(numberText(score, reader), band);
    return (
        <DescriptionListItem label={WORDS.score} testId="score">
            <Flex direction="column" gap="xs">
                <Text>{words}</Text>
                <ProgressBar value={score} maxValue={100} aria-label={`${WORDS.score}: ${words}`} testId="meter" />
            </Flex>
        </DescriptionListItem>
    );
}

function Flags({ flags }: { flags: string[] }) {
    return (
        <DescriptionListItem label={WORDS.flags} testId="flags">
            <Inline gap="xs">
                {flags.map((flag) => (
                    <Tag key={flag}>{flag}</Tag>
                ))}
            </Inline>
        </DescriptionListItem>
    );
}

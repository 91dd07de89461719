import { Alert, Button, Flex, Heading, LoadingSpinner, Text, useExtensionContext } from '@hubspot/ui-extensions';
import { useCrmProperties } from '@hubspot/ui-extensions/crm';
import { Found } from './Found';
import { Refresh } from './Refresh';
import { readerOf } from './times';
import { PROPERTIES, readVerdict } from './verdict';
import { WORDS } from './words';

/** Shows what Dealgate last wrote on a deal. It reads the open record, writes nothing, judges nothing and calls nobody. */
export function DealgateCard({ isCompact }: { isCompact: boolean }) {
    const { user } = useExtensionContext<'crm.record.tab'>();
    const { properties, error, isLoading, isRefetching, refetch } = useCrmProperties(PROPERTIES);
    const isKnown = Object.keys(properties).length > 0;
    if (!isKnown && (isLoading || isRefetching)) {
        return <LoadingSpinner label={WORDS.loading} showLabel testId="loading" />;
    }
    if (error && !isKnown) {
        return <Failed error={error} tryAgain={refetch} />;
    }
    return (
        <Flex direction="column" gap="sm">
            <Body properties={properties} isCompact={isCompact} locale={user.locale} />
            <Refresh isRefetching={isRefetching} error={error} refetch={refetch} />
        </Flex>
    );
}

interface BodyProperties {
    properties: Record<string, string | null>;
    isCompact: boolean;
    locale: string | undefined;
}

function Body({ properties, isCompact, locale }: BodyProperties) {
    const verdict = readVerdict(properties);
    if (verdict.isHidden) {
        return <Notice id="hidden" heading={WORDS.hidden} text={WORDS.hiddenMore} />;
    }
    if (verdict.checkedAt === null) {
        return <Notice id="never-checked" heading={WORDS.neverChecked} text={WORDS.neverCheckedMore} />;
    }
    return <Found verdict={verdict} checkedAt={verdict.checkedAt} isCompact={isCompact} reader={readerOf(locale)} />;
}

function Notice({ id, heading, text }: { id: string; heading: string; text: string }) {
    return (
        <Flex direction="column" gap="xs" testId={id}>
            <Heading>{heading}</Heading>
            <Text>{text}</Text>
        </Flex>
    );
}

function Failed({ error, tryAgain }: { error: Error; tryAgain: () => Promise<void> }) {
    return (
        <Flex direction="column" gap="sm" align="start">
            <Alert title={WORDS.failed} variant="error" testId="error">
                {[WORDS.failedMore, error.message].filter(Boolean).join(' ')}
            </Alert>
            <Button onClick={() => void tryAgain()} testId="try-again">
                {WORDS.tryAgain}
            </Button>
        </Flex>
    );
}

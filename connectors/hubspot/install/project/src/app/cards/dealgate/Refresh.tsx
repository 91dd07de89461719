import { Button, Flex, Text, useExtensionActions } from '@hubspot/ui-extensions';
import { useEffect, useRef } from 'react';
import { WORDS } from './words';

interface RefreshProperties {
    isRefetching: boolean;
    error: Error | null;
    refetch: () => Promise<void>;
}

/** Asks the page for the deal's properties anew, and says whether they came. */
export function Refresh({ isRefetching, error, refetch }: RefreshProperties) {
    const { addAlert } = useExtensionActions<'crm.record.tab'>();
    const wasRefetching = useRef(false);
    useEffect(() => {
        if (wasRefetching.current && !isRefetching && !error) {
            addAlert({ type: 'success', message: WORDS.refreshed });
        }
        wasRefetching.current = isRefetching;
    }, [isRefetching, error, addAlert]);
    return (
        <Flex direction="column" gap="xs" align="start">
            {error && <Text testId="not-refreshed">{WORDS.notRefreshed}</Text>}
            <Button
                variant="transparent"
                size="xs"
                disabled={isRefetching}
                onClick={() => void refetch()}
                testId="refresh"
            >
                {WORDS.refresh}
            </Button>
        </Flex>
    );
}

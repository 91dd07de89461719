import { Flex, Heading, Icon, List, Text } from '@hubspot/ui-extensions';
import type { Missing as Line } from './verdict';
import { WORDS } from './words';

/** Lists what is missing, each with what to do about it. */
export function Missing({ heading, missing }: { heading: string; missing: Line[] }) {
    return missing.length ? (
        <Flex direction="column" gap="xs" testId="missing">
            <Heading>{heading}</Heading>
            <List variant="unordered">
                {missing.map((each, index) => (
                    <Flex key={index} direction="column" gap="flush" testId={`missing-${index}`}>
                        <Text>{each.says}</Text>
                        {each.does && <ToDo text={each.does} />}
                    </Flex>
                ))}
            </List>
        </Flex>
    ) : null;
}

function ToDo({ text }: { text: string }) {
    return (
        <Flex gap="xs" align="baseline">
            <Icon name="right" size="sm" screenReaderText={WORDS.toDo} />
            <Text>{text}</Text>
        </Flex>
    );
}

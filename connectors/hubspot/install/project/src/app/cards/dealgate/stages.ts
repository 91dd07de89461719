import { formatCrmProperties } from '@hubspot/ui-extensions';
import { useEffect, useState } from 'react';

/** A stage by its id, which is what Dealgate writes, and by the label people know it by. */
export interface Stage {
    name: string;
    label: string;
}

export type Labels = ReadonlyMap<string, string>;

const DEALS = '0-3';
const NONE: Labels = new Map();

/** Gives a stage with its label, or with its id for one where no label is known. */
export function labelled(name: string, labels: Labels): Stage {
    return { name, label: labels.get(name) ?? name };
}

/** Gives the labels of stages as the page knows them; none before they are there, and none where it has none to give. */
export function useStageLabels(names: readonly string[]): Labels {
    const [labels, setLabels] = useState(NONE);
    const asked = JSON.stringify(names);
    useEffect(() => {
        let isLeft = false;
        labelsOf(JSON.parse(asked) as string[]).then(
            (found) => isLeft || setLabels(found),
            () => undefined
        );
        return () => {
            isLeft = true;
        };
    }, [asked]);
    return labels;
}

async function labelsOf(names: readonly string[]): Promise<Labels> {
    if (names.length === 0) {
        return NONE;
    }
    const properties = names.map((name) => ({ dealstage: name }));
    const shown: Record<string, string | null>[] = await formatCrmProperties({ properties, objectType: DEALS });
    return new Map(names.flatMap((name, index) => entry(name, shown[index]?.dealstage)));
}

function entry(name: string, label: string | null | undefined): [string, string][] {
    return label ? [[name, label]] : [];
}

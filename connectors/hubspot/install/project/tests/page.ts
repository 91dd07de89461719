import { Button } from '@hubspot/ui-extensions';
import { createRenderer, RenderedNodeType, type RenderedChildNode } from '@hubspot/ui-extensions/testing';
import { createElement, useState } from 'react';
import { DealgateCard } from '../src/app/cards/dealgate/DealgateCard';
import type { Values } from './deals';

export type Node = RenderedChildNode;

/** What the page answers when it is asked for a deal's properties. */
export interface Answer {
    properties: Values;
    error: Error | null;
    isLoading: boolean;
    isRefetching: boolean;
}

const ANSWERED: Answer = { properties: {}, error: null, isLoading: false, isRefetching: false };

export interface Shown {
    renderer: ReturnType<typeof createRenderer<'crm.record.tab'>>;
    asked: () => string[];
    refetched: () => number;
    alerts: unknown[];
    answer: (next: Partial<Answer>) => void;
    leave: () => void;
    find: (id: string) => Node | null;
    text: (id: string) => string | undefined;
    click: (id: string) => void;
}

/** Shows the card on a page that gives such an answer, until it is told to give another or is left. */
export function show(first: Partial<Answer>, { isCompact = false, locale = 'en-us' } = {}): Shown {
    const renderer = createRenderer('crm.record.tab');
    const seen = { asked: [] as string[], refetches: 0, answer: (_: Partial<Answer>) => {}, leave: () => {} };
    const alerts: unknown[] = [];
    renderer.mocks.context.user.locale = locale;
    renderer.mocks.actions.addAlert.willCall((alert) => void alerts.push(alert));
    renderer.mocks.useCrmProperties.willCall((names) => {
        const [answer, setAnswer] = useState(first);
        seen.asked = names;
        seen.answer = setAnswer;
        return { ...ANSWERED, ...answer, refetch: async () => void (seen.refetches += 1) };
    });
    const Page = () => {
        const [isLeft, setLeft] = useState(false);
        seen.leave = () => setLeft(true);
        return isLeft ? null : createElement(DealgateCard, { isCompact });
    };
    renderer.render(createElement(Page));
    const find = (id: string) => found(renderer.getRootNode().childNodes, id)[0] ?? null;
    return {
        renderer,
        alerts,
        find,
        asked: () => seen.asked,
        refetched: () => seen.refetches,
        answer: (next) => seen.answer(next),
        leave: () => seen.leave(),
        text: (id) => textOf(find(id)),
        click: (id) => renderer.findByTestId(Button, id).trigger('onClick')
    };
}

/** Finds the elements that carry a test id, or one that a pattern names, in the order they are shown. */
export function found(nodes: readonly Node[], id: string | RegExp): Node[] {
    return nodes.flatMap((node) => {
        if (node.nodeType === RenderedNodeType.Text) {
            return [];
        }
        const inside = found(node.childNodes, id);
        const { testId = '' } = node.props as { testId?: string };
        return (id instanceof RegExp ? id.test(testId) : id === testId) ? [node, ...inside] : inside;
    });
}

/** Gives the texts below an element, one for each text node. */
export function texts(node: Node | null): string[] {
    if (!node) {
        return [];
    }
    return node.nodeType === RenderedNodeType.Text ? [node.text] : node.childNodes.flatMap(texts);
}

function textOf(node: Node | null): string | undefined {
    return node ? texts(node).join(' ') : undefined;
}

/** Lets the page know stages by their labels, as HubSpot's own workers do, until the returned function is called. */
export function pageThatKnows(labels: Readonly<Record<string, string>>): () => void {
    const worker = globalThis as unknown as Record<string, unknown>;
    const json = (body: unknown) => ({ json: () => Promise.resolve(body) });
    worker['self'] = worker;
    worker['__HUBSPOT_EXTENSION_WORKER__'] = true;
    worker['hsWorkerAPI'] = {
        formatCrmProperties: ({ propertiesList, objectType }: { propertiesList: Values[]; objectType: string }) =>
            objectType === '0-3'
                ? Promise.resolve(
                      json(propertiesList.map(({ dealstage }) => ({ dealstage: labels[dealstage ?? ''] ?? dealstage })))
                  )
                : Promise.reject(new Error('not deals'))
    };
    return () => ['self', '__HUBSPOT_EXTENSION_WORKER__', 'hsWorkerAPI'].forEach((name) => delete worker[name]);
}

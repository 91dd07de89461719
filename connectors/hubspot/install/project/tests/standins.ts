import { RenderedNodeType, type RenderedChildNode } from '@hubspot/ui-extensions/testing';

/** Draws HubSpot's components as plain HTML, near enough to judge what a card says and in which order. */

type Props = Readonly<Record<string, unknown>>;
type Draw = (props: Props, inner: string, children: string[]) => string;

const ICONS: Readonly<Record<string, string>> = { right: '→', warning: '⚠' };

const DRAWN: Readonly<Record<string, Draw>> = {
    Alert: ({ title, variant }, inner) =>
        `<div class="alert ${variant}"><strong>${escaped(title)}</strong><p>${inner}</p></div>`,
    Button: ({ variant, disabled }, inner) =>
        `<button class="${variant}"${disabled ? ' disabled' : ''}>${inner}</button>`,
    DescriptionList: (_, inner) => `<dl>${inner}</dl>`,
    DescriptionListItem: ({ label }, inner) => `<dt>${escaped(label)}</dt><dd>${inner}</dd>`,
    Flex: ({ direction = 'row', gap = 'flush', align = 'stretch' }, inner) =>
        `<div class="flex ${direction} gap-${gap} align-${align}">${inner}</div>`,
    Heading: (_, inner) => `<h3>${inner}</h3>`,
    Icon: ({ name, color }) =>
        `<span class="icon ${color ?? ''}" aria-hidden="true">${ICONS[String(name)] ?? ''}</span>`,
    Inline: ({ gap = 'flush' }, inner) => `<div class="flex wrap gap-${gap} align-baseline">${inner}</div>`,
    List: (_, __, children) => `<ul>${children.map((each) => `<li>${each}</li>`).join('')}</ul>`,
    LoadingSpinner: ({ label }) => `<p class="loading">${escaped(label)}</p>`,
    ProgressBar: ({ value, 'aria-label': label }) =>
        `<div class="bar" role="meter" aria-label="${escaped(label)}"><span style="width:${value}%"></span></div>`,
    StatusTag: ({ variant }, inner) => `<span class="status ${variant}">${inner}</span>`,
    Tag: (_, inner) => `<span class="tag">${inner}</span>`,
    Text: ({ variant, inline, format }, inner) => {
        const kind = [variant, (format as { fontWeight?: string } | undefined)?.fontWeight].filter(Boolean).join(' ');
        return inline ? `<span class="${kind}">${inner}</span>` : `<p class="${kind}">${inner}</p>`;
    }
};

/** Draws what a card shows; a component without a stand-in is an error, so that none is left out of the picture. */
export function drawn(nodes: readonly RenderedChildNode[]): string {
    return nodes.map(one).join('');
}

function one(node: RenderedChildNode): string {
    if (node.nodeType === RenderedNodeType.Text) {
        return escaped(node.text);
    }
    const draw = DRAWN[node.name];
    if (!draw) {
        throw new Error(`no stand-in for ${node.name}`);
    }
    const children = node.childNodes.map(one);
    return draw(node.props as Props, children.join(''), children);
}

function escaped(text: unknown): string {
    return String(text).replace(/[&<>"]/g, (each) => `&#${each.charCodeAt(0)};`);
}

/** How the stand-ins look. */
export const STYLE = `
body { margin: 0; padding: 12px; background: #f5f8fa; color: #33475b; display: flex; gap: 12px; align-items: flex-start;
    font: 14px/1.45 'Lexend Deca', 'Liberation Sans', Helvetica, Arial, sans-serif; }
.card { width: 366px; background: #fff; border: 1px solid #dfe3eb; border-radius: 4px; box-sizing: border-box; padding: 16px; }
.card > h2 { margin: 0 0 12px; font-size: 16px; }
h3 { margin: 0; font-size: 14px; }
p { margin: 0; overflow-wrap: anywhere; }
ul { margin: 0; padding-inline-start: 18px; }
li + li { margin-top: 8px; }
.flex { display: flex; min-width: 0; } .column { flex-direction: column; } .wrap { flex-wrap: wrap; }
.gap-xs { gap: 4px; } .gap-sm { gap: 14px; } .column .column.gap-xs { gap: 6px; }
.align-start { align-items: flex-start; } .align-baseline { align-items: baseline; }
.alert { border: 1px solid; border-inline-start-width: 4px; border-radius: 3px; padding: 10px 12px; }
.alert p { margin-top: 2px; }
.success { background: #e5f5f1; border-color: #00bda5; } .info { background: #e5f5f8; border-color: #00a4bd; }
.alert.warning { background: #fef8f0; border-color: #f5c26b; } .error { background: #fdedee; border-color: #f2545b; }
.icon { color: #516f90; } .icon.warning { color: #c27c0e; }
dl { margin: 0; } dd { margin: 0; } dt { font-size: 12px; color: #516f90; } dd + dt { margin-top: 8px; }
.bar { height: 8px; border-radius: 4px; background: #dfe3eb; overflow: hidden; }
.bar span { display: block; height: 100%; background: #00bda5; }
.status { font-weight: bold; } .status.danger::before { content: '● '; color: #f2545b; }
.tag { border: 1px solid #cbd6e2; background: #f5f8fa; border-radius: 3px; padding: 0 8px; }
.bold { font-weight: bold; } .microcopy { font-size: 12px; color: #516f90; }
button { font: inherit; background: #fff; border: 1px solid #ff7a59; border-radius: 3px; color: #ff7a59; padding: 4px 12px; }
button.transparent { border: 0; color: #0091ae; font-weight: bold; font-size: 12px; padding: 0; align-self: flex-start; }
`;

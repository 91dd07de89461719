/** Draws cards in three states on one page of HTML, outside HubSpot: `npm run --silent picture > cards.html`. */

import { dealOf, LABELS, NOW, type Values } from './deals';
import { pageThatKnows, show } from './page';
import { drawn, STYLE } from './standins';

const MEETING =
    'The economic buyer was met: hold a meeting with a contact in the role economic buyer, such as Esther Vargas';
const SHOWN: [string, Values, boolean][] = [
    [
        'Dealgate',
        {
            dealgate_missing:
                'The problem, its causes and its cost are written down: write pain in at least 8 words\n' +
                `${MEETING}\nBudget is confirmed (not known): set budget confirmed`
        },
        false
    ],
    [
        'Dealgate',
        {
            dealgate_status: 'blocked',
            dealstage: 'contractsent',
            dealgate_missing: MEETING,
            dealgate_note: 'Moved back from Negotiation to Proposal: the economic buyer was not met.',
            dealgate_next_deadline: '2026-11-22',
            dealgate_score: '38.5',
            dealgate_band: 'Develop',
            dealgate_flags: 'At risk',
            dealgate_waived: null
        },
        false
    ],
    [
        'Dealgate, compact',
        {
            dealgate_status: 'clear',
            dealgate_allowed_stage: 'contractsent',
            dealgate_missing: null,
            dealgate_next_deadline: '2026-12-04'
        },
        true
    ]
];

Date.now = () => NOW;
pageThatKnows(LABELS);
const cards = [];
for (const [title, values, isCompact] of SHOWN) {
    const { renderer, text } = show({ properties: dealOf(values) }, { isCompact });
    await renderer.waitFor(() => {
        if (!/Discovery|Proposal/.test(text('gate') ?? '')) {
            throw new Error('the stages have no labels yet');
        }
    });
    cards.push(`<section class="card"><h2>${title}</h2>${drawn(renderer.getRootNode().childNodes)}</section>`);
}
process.stdout.write(
    `<!doctype html><meta charset="utf-8"><title>Dealgate</title><style>${STYLE}</style>${cards.join('')}\n`
);
process.exit();

import { MAGIC_ORDERS } from '../exchange/magic-amounts.ts'
import { MAGIC_WIRES } from '../money/transfer-desk.ts'
import { DECISIONS } from '../world/decision.ts'
import { FACTS } from './assumptions.ts'

const OUTAGES: readonly { label: string; does: string; call: string; body?: object }[] = [
  { label: 'Down for 60 s', does: '503 to every call', call: 'POST /faults', body: { on: '*', do: 'answer', status: 503, forMs: 60_000 } },
  {
    label: 'Slow for 60 s',
    does: '2 s before every answer',
    call: 'POST /faults',
    body: { on: '*', do: 'latency', ms: 2_000, forMs: 60_000 },
  },
  {
    label: 'Lose 1 of 5 answers for 60 s',
    does: 'acts, then drops the connection',
    call: 'POST /faults',
    body: { on: '*', do: 'act-then-drop', ratio: 0.2, forMs: 60_000 },
  },
  { label: '429 for 60 s', does: 'too many requests', call: 'POST /faults', body: { on: '*', do: 'answer', status: 429, forMs: 60_000 } },
  {
    label: 'Lose the next answer to an order',
    does: 'the order is made',
    call: 'POST /faults',
    body: { on: 'POST /profiles/{profile_id}/orders', do: 'act-then-drop', next: 1 },
  },
  { label: 'Revoke all tokens', does: 'the next call is 401', call: 'POST /tokens/revoke' },
  { label: 'Disarm all faults', does: 'everything works again', call: 'DELETE /faults' },
]
const WEBHOOKS: typeof OUTAGES = [
  { label: 'Pause', does: 'no delivery is tried', call: 'POST /webhook/pause' },
  { label: 'Resume', does: 'waiting events are delivered', call: 'POST /webhook/resume', body: { backlog: 'deliver' } },
  { label: 'Resume, abandon waiting events', does: 'as after 24 h of silence', call: 'POST /webhook/resume', body: { backlog: 'abandon' } },
  { label: 'Lose the next 5', does: 'listed, never delivered', call: 'POST /faults', body: { on: 'delivery', do: 'lose', next: 5 } },
  { label: 'Deliver the next 5 twice', does: '', call: 'POST /faults', body: { on: 'delivery', do: 'duplicate', next: 5 } },
  { label: 'Send a test event', does: 'as the Dashboard does', call: 'POST /webhook/test' },
]
const MARKETS: typeof OUTAGES = [
  {
    label: 'Close all markets',
    does: 'unscheduled maintenance',
    call: 'POST /markets/ALL',
    body: { buy: 'UNSCHEDULED_MAINTENANCE', sell: 'UNSCHEDULED_MAINTENANCE' },
  },
  { label: 'Open all markets', does: '', call: 'POST /markets/ALL', body: { buy: 'open', sell: 'open' } },
  { label: 'Hide 80 % of executions', does: 'orders show the right sum', call: 'PATCH /settings', body: { hiddenExecutions: 0.8 } },
  { label: 'Show all executions', does: '', call: 'PATCH /settings', body: { hiddenExecutions: 0 } },
  { label: 'Prices that are 5 min old', does: 'shown, not traded at', call: 'PATCH /settings', body: { stalePricesMs: 300_000 } },
  { label: 'Current prices', does: '', call: 'PATCH /settings', body: { stalePricesMs: 0 } },
]

/** The page of the simulator: buttons for the control API. page.js calls that API and refreshes the figures. */
export function renderPage({ seed }: { seed: number }): string {
  const magic = [
    ...Object.entries(MAGIC_ORDERS).map(([digits, { does }]) => [`order of 666.${digits} or 0.000666${digits}`, does]),
    ...Object.entries(MAGIC_WIRES).map(([amount, { does }]) => [`wire of ${amount}`, does]),
    ...DECISIONS.map((decision) => [`last name or firm "Sandbox ${decision}"`, `decides ${decision}`]),
  ]
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>Paxos simulator</title>
<link rel="stylesheet" href="/_sandbox/page.css">
<script src="/_sandbox/page.js" defer></script>
</head>
<body>
<header><h1>Paxos simulator</h1><p>Invented people, invented money. Seed ${seed}. <a href="/_sandbox/guide">All routes as JSON</a></p></header>
<p id="notice" role="status" aria-live="polite"></p>
<main>
<section><h2>Now</h2><dl id="figures"></dl></section>
<section><h2>Outages</h2>${buttons(OUTAGES)}<h3>Armed faults</h3><ul id="faults"></ul></section>
<section><h2>Webhooks</h2>${buttons(WEBHOOKS)}</section>
<section><h2>Markets</h2>${buttons(MARKETS)}
<form id="price"><label>Market <input name="market" value="BTCUSD" size="8" required></label> <label>Price <input name="price" value="70000" size="10" required></label> <button>Move the price</button></form></section>
<section class="wide"><h2>People</h2><table><thead><tr><th>Identity</th><th>ref_id</th><th>Status</th><th>Decide</th><th>Profile</th></tr></thead><tbody id="people"></tbody></table></section>
<section class="wide"><h2>Orders</h2><table><thead><tr><th>Order</th><th>ref_id</th><th>Market</th><th>Side</th><th>Status</th><th>Filled</th></tr></thead><tbody id="orders"></tbody></table></section>
<section><h2>Knobs</h2><form id="knobs"></form></section>
<section><h2>Story</h2><p id="story">No rule file is loaded.</p><button data-call="DELETE /story">Stop the story</button>
<p>Load a rule file with <code>gatehouse sandbox replay FILE</code>.</p><h3>Last entries</h3><ol id="log"></ol>
<form id="reset"><button class="danger">Reset the simulator</button></form></section>
<section class="wide"><h2>Magic values</h2>${table(['Value', 'What it does'], magic)}</section>
<section class="wide"><h2>What is documented, and what is assumed</h2>${table(
    ['About', 'The simulator', 'Basis', 'Knob'],
    FACTS.map(({ about, does, basis, knob = '' }) => [about, does, basis, knob]),
  )}</section>
</main>
</body>
</html>
`
}

function buttons(entries: typeof OUTAGES): string {
  const one = ({ label, does, call, body }: (typeof OUTAGES)[number]): string =>
    `<button data-call="${inHtml(call)}"${body ? ` data-body="${inHtml(JSON.stringify(body))}"` : ''} title="${inHtml(does)}">${inHtml(label)}</button>`
  return `<p class="buttons">${entries.map(one).join(' ')}</p>`
}

function table(heads: readonly string[], rows: readonly (readonly string[])[]): string {
  const cells = (values: readonly string[], tag: string): string => values.map((value) => `<${tag}>${inHtml(value)}</${tag}>`).join('')
  return `<table><thead><tr>${cells(heads, 'th')}</tr></thead><tbody>${rows.map((row) => `<tr>${cells(row, 'td')}</tr>`).join('')}</tbody></table>`
}

function inHtml(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;').replaceAll('"', '&quot;')
}

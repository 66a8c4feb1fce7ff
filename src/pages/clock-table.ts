import type { ClockList } from '../operate/health/clocks.ts'
import { roughSpan } from '../operate/say/say-time.ts'
import { GATEHOUSE } from '../platform/command-name.ts'
import { type Html, html } from './html.ts'
import { dataTable } from './page-parts.ts'

/** The home page shows the next to end; the command and the API list all. */
const SHOWN = 10

export function clockTable({ at, items, more }: ClockList): Html {
  const rows = items.slice(0, SHOWN).map(({ kind, sentence, afterwards, endsAt, exact, page }) => {
    const seconds = (endsAt.getTime() - at.getTime()) / 1_000
    const left = seconds <= 0 ? 'ended' : `${exact ? 'in' : 'in about'} ${roughSpan(seconds)}`
    return [
      html`<time datetime="${endsAt.toISOString()}" title="${endsAt.toISOString()}">${left}</time>`,
      html`<code>${kind}</code>`,
      html`<a href="${page}">${sentence}</a>`,
      afterwards,
    ]
  })
  const rest = more || items.length > SHOWN
  return html`${dataTable('What runs out', ['Ends', 'Clock', 'What', 'Afterwards'], rows)}${rest && html`<p class="hint">More: <code>${GATEHOUSE} clock list</code>.</p>`}`
}

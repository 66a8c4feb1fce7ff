import type { Problem } from '../operate/problems/problem.ts'
import { counted } from '../operate/say/counted.ts'
import { type Html, html } from './html.ts'
import { command, moment, notice } from './page-parts.ts'

/** The problems, worst first; "No." when there are none. */
export function problemList(problems: readonly Problem[], now: Date): Html {
  if (problems.length === 0) return notice('good', html`<strong>No.</strong> No event needs an operator, and none is late.`)
  return html`<ol class="problems">${problems.map((problem) => entry(problem, now))}</ol>`
}

function entry({ kind, severity, sentence, since, customers, nextAction, page, command: does }: Problem, now: Date): Html {
  return html`<li class="notice ${severity === 'fault' ? 'bad' : 'warn'}" data-problem="${kind}">
<p><strong>${page ? html`<a href="${page}">${sentence}</a>` : sentence}</strong></p>
${(since || customers !== null) && html`<p class="hint">${since && html`Since ${moment(since, now)}. `}${customers !== null && html`${counted(customers, 'customer')}.`}</p>`}
<p>Next: ${nextAction}</p>
${does && command(does)}</li>`
}

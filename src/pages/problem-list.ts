import { counted } from '../operate/counted.ts'
import type { Problem } from '../operate/problem.ts'
import { type Html, html } from './html.ts'
import { command, moment, notice } from './page-parts.ts'

/** The answer to "Is anything wrong?": one entry for each problem, worst first. */
export function problemList(problems: readonly Problem[], now: Date): Html {
  if (problems.length === 0) return notice('good', html`<strong>No.</strong> Nothing waits for a person, and nothing waits too long.`)
  return html`<ol class="problems">${problems.map((problem) => entry(problem, now))}</ol>`
}

function entry({ kind, severity, sentence, since, customers, nextAction, page, command: does }: Problem, now: Date): Html {
  return html`<li class="notice ${severity === 'fault' ? 'bad' : 'warn'}" data-problem="${kind}">
<p><strong>${page ? html`<a href="${page}">${sentence}</a>` : sentence}</strong></p>
${(since || customers !== null) && html`<p class="hint">${since && html`Since ${moment(since, now)}. `}${customers !== null && html`${counted(customers, 'customer')}.`}</p>`}
<p>Next: ${nextAction}</p>
${does && command(does)}</li>`
}

import type { Proof, ProofCheck } from '../operate/proof/prove.ts'
import { counted } from '../operate/say/counted.ts'
import { type Html, html } from './html.ts'
import type { PageOperator } from './page-operator.ts'
import { badge, command, dataTable, moment, notice, page } from './page-parts.ts'

/** Counts of effects that may happen only once, and every exception. */
export function proofPage(proof: Proof, { operator, now, here }: { operator: PageOperator; now: Date; here: boolean }): Html {
  const { exceptions, complete, checks, asOf } = proof
  return page({
    title: 'Proof',
    section: 'proof',
    operator,
    content: html`<h1>Proof</h1>
${notice(
  exceptions > 0 ? 'bad' : complete ? 'good' : 'plain',
  html`<strong>${counted(exceptions, 'exception')}</strong> at ${moment(asOf, now)}.${!complete && ' Not everything was checked.'}`,
)}
${checkTable(checks)}
${exceptions > 0 && exceptionTable(checks)}
${
  here &&
  html`<form class="inline" method="get" action="/proof"><input type="hidden" name="here" value="false"><button>Compare with Paxos too</button></form>
<p class="hint">Reads every account at Paxos page by page, and the balances of the 50 accounts that moved last.</p>`
}
${command(here ? 'gatehouse proof --here' : 'gatehouse proof')}`,
  })
}

function checkTable(checks: readonly ProofCheck[]): Html {
  const rows = checks.map(({ name, claim, checked, exceptions, incomplete }) => [
    html`${claim}${incomplete && html`<br><small>${incomplete}</small>`}`,
    checked.toLocaleString('en'),
    String(exceptions.length),
    badge(exceptions.length > 0 ? 'broken' : incomplete && checked === 0 ? 'unknown' : 'holds'),
    html`<code>${name}</code>`,
  ])
  return dataTable('Checks', ['Claim', { name: 'Checked', numeric: true }, { name: 'Exceptions', numeric: true }, 'Verdict', 'Check'], rows)
}

function exceptionTable(checks: readonly ProofCheck[]): Html {
  const rows = checks.flatMap((check) =>
    check.exceptions.map(({ subject, problem, page: path }) => [
      html`<code>${check.name}</code>`,
      path ? html`<a href="${path}"><code>${subject}</code></a>` : html`<code>${subject}</code>`,
      problem,
    ]),
  )
  return html`<h2>Exceptions</h2>${dataTable('Exceptions', ['Check', 'Where', 'Problem'], rows)}`
}

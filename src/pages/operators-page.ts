import { ROLES } from '../operate/access/operator-input.ts'
import type { OperatorRecord, TokenRecord } from '../operate/access/operators.ts'
import { LONGEST_REASON, SHORTEST_REASON } from '../operate/replay/replay-request.ts'
import { type Html, html } from './html.ts'
import type { PageOperator } from './page-operator.ts'
import { badge, command, dataTable, emptyState, moment, notice, page } from './page-parts.ts'

interface Reader {
  operator: PageOperator
  now: Date
}

/** The operators with their roles, and the form for another one. */
export function operatorListPage(operators: readonly OperatorRecord[], { operator, now }: Reader): Html {
  return page({
    title: 'Operators',
    section: 'operators',
    operator,
    content: html`<h1>Operators</h1>
<p class="hint">A viewer reads. An operator also works on events, customers and orders. An approver also approves replays. An admin also manages
operators. OPERATOR_TOKEN has the role admin: keep it for the first login and for emergencies.</p>
${operators.length > 0 ? operatorTable(operators, now) : emptyState('No operators yet.', 'All of you use OPERATOR_TOKEN. Add yourself as an admin first, then create a token for yourself.')}
<form class="card stacked" method="post" action="/operators"><h2>Add an operator</h2>
<label>Name<input name="name" required maxlength="80" autocomplete="off"></label>
<label>Role${roleChoice('viewer')}</label>
<label>Kind<select name="kind"><option value="person">person</option><option value="program">program: no login on the pages</option></select></label>
${reason()}
<button>Add</button></form>`,
  })
}

function operatorTable(operators: readonly OperatorRecord[], now: Date): Html {
  const rows = operators.map(({ name, kind, role, source, addedBy, addedAt, removedAt }) => [
    html`<a href="/operators/${encodeURIComponent(name)}">${name}</a>`,
    kind,
    removedAt ? badge('removed') : badge(role),
    source === 'oidc' ? 'single sign-on' : addedBy,
    moment(addedAt, now),
  ])
  return dataTable('Operators', ['Name', 'Kind', 'Role', 'Added by', 'Added'], rows)
}

/** One operator: the role, the tokens, and what an admin can do. `secret`: a token that was created just now, shown this once. */
export function operatorPage(
  shown: OperatorRecord,
  { tokens, secret = null, operator, now }: Reader & { tokens: readonly TokenRecord[]; secret?: string | null },
): Html {
  const { name, kind, role, source, removedAt } = shown
  const path = `/operators/${encodeURIComponent(name)}`
  return page({
    title: name,
    section: 'operators',
    operator,
    content: html`<p class="crumb"><a href="/operators">Operators</a></p>
<h1>${name} ${badge(removedAt ? 'removed' : role)}</h1>
${secret && html`<div role="status">${notice('good', html`<strong>The new token.</strong> It is shown this once. ${command(secret)}`)}</div>`}
<p>${kind === 'program' ? 'A program: it uses the API and has no login here.' : 'A person.'} ${source === 'oidc' && 'Single sign-on decides the role at each login.'}
<a href="/audit?operator=${encodeURIComponent(name)}">What ${name} did</a></p>
<h2>Tokens</h2>
${tokens.length > 0 ? tokenTable(tokens, { path, now }) : emptyState('No tokens.', source === 'oidc' ? 'This operator logs in by single sign-on.' : 'Without a token, this operator cannot log in.')}
${removedAt === null && html`<div class="split">${createForm(path, shown)}${source === 'local' && roleForm(path, shown)}${removeForm(path, shown)}</div>`}
<p><a href="/audit?action=operator">Changes of operators in the audit</a></p>`,
  })
}

function tokenTable(tokens: readonly TokenRecord[], { path, now }: { path: string; now: Date }): Html {
  const rows = tokens.map(({ id, label, role, createdBy, createdAt, expiresAt, lastUsedAt, revokedAt, revokedBy }) => {
    const expired = expiresAt !== null && expiresAt <= now
    return [
      html`${label}<br><small><code>${id}</code></small>`,
      badge(revokedAt ? 'revoked' : expired ? 'expired' : role),
      moment(lastUsedAt, now) ?? 'never',
      moment(expiresAt, now) ?? 'does not',
      html`${moment(createdAt, now)} by ${createdBy}`,
      revokedAt
        ? html`${moment(revokedAt, now)} by ${revokedBy}`
        : html`<form class="inline" method="post" action="${path}/tokens/${id}/revoke"><input name="reason" aria-label="Reason to revoke ${label}" placeholder="reason" required minlength="${SHORTEST_REASON}" maxlength="${LONGEST_REASON}" autocomplete="off"><button class="quiet">Revoke</button></form>`,
    ]
  })
  return dataTable('Tokens', ['Label', 'Role', 'Last used', 'Expires', 'Created', 'Revoke'], rows)
}

function createForm(path: string, { role }: OperatorRecord): Html {
  const roles = ROLES.slice(0, ROLES.indexOf(role) + 1)
  return html`<form class="card stacked" method="post" action="${path}/tokens"><h3>Create a token</h3>
<label>Label<input name="label" required maxlength="80" placeholder="laptop, deploy script" autocomplete="off"></label>
<label>Role<select name="role">${roles.toReversed().map((each) => html`<option>${each}</option>`)}</select></label>
<label>Expires<input name="expires" maxlength="40" placeholder="90d, or 2027-03-01; empty: never" autocomplete="off"></label>
${reason()}
<button>Create</button></form>`
}

function roleForm(path: string, { role }: OperatorRecord): Html {
  return html`<form class="card stacked" method="post" action="${path}/role"><h3>Change the role</h3>
<p class="hint">A smaller role ends the sessions.</p>
<label>Role${roleChoice(role)}</label>
${reason()}
<button>Change</button></form>`
}

function removeForm(path: string, { name }: OperatorRecord): Html {
  return html`<form class="card stacked" method="post" action="${path}/remove"><h3>Remove ${name}</h3>
<p class="hint">Revokes the tokens and ends the sessions. The name stays taken, and the audit keeps it.</p>
${reason()}
<button class="quiet">Remove</button></form>`
}

function roleChoice(chosen: string): Html {
  return html`<select name="role">${ROLES.map((role) => html`<option value="${role}" ${role === chosen && html`selected`}>${role}</option>`)}</select>`
}

function reason(): Html {
  return html`<label>Reason<input name="reason" required minlength="${SHORTEST_REASON}" maxlength="${LONGEST_REASON}" autocomplete="off"></label>`
}

import { type Html, html } from './html.ts'
import { notice, page } from './page-parts.ts'

/** The way in: the operator token, and the name under which the audit keeps what is done. */
export function loginPage({ next, problem, name = '' }: { next: string; problem: string | null; name?: string }): Html {
  return page({
    title: 'Log in',
    section: null,
    operator: null,
    content: html`<form class="login card" method="post" action="/login">
<h1>Log in</h1>
${problem && html`<div role="alert">${notice('bad', problem)}</div>`}
<input type="hidden" name="next" value="${next}">
<label>Your name<input name="name" value="${name}" autocomplete="username" required maxlength="80" autofocus></label>
<p class="hint">Stands in the audit beside everything you do.</p>
<label>Operator token<input name="token" type="password" autocomplete="current-password" required></label>
<p class="hint">OPERATOR_TOKEN. In development it was printed at the first start and lies in <code>.gatehouse/operator-token</code>.</p>
<button>Log in</button>
</form>`,
  })
}

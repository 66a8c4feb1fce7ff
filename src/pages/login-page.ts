import { type Html, html } from './html.ts'
import { notice, page } from './page-parts.ts'

/** The login form: a token and the name that the audit records, and the way to single sign-on if it is on. */
export function loginPage({
  next,
  problem,
  name = '',
  signOn,
}: {
  next: string
  problem: string | null
  name?: string
  signOn: boolean
}): Html {
  return page({
    title: 'Log in',
    section: null,
    operator: null,
    content: html`<form class="login card" method="post" action="/login">
<h1>Log in</h1>
${problem && html`<div role="alert">${notice('bad', problem)}</div>`}
<input type="hidden" name="next" value="${next}">
<label>Your name<input name="name" value="${name}" autocomplete="username" required maxlength="80" autofocus></label>
<p class="hint">The audit records this name with every action.</p>
<label>Operator token<input name="token" type="password" autocomplete="current-password" required></label>
<p class="hint">Your own token, or the value of OPERATOR_TOKEN. In development, find that in <code>.gatehouse/operator-token</code>.</p>
<button>Log in</button>
${signOn && html`<p><a href="/login/oidc?next=${encodeURIComponent(next)}">Log in with single sign-on</a></p>`}
</form>`,
  })
}

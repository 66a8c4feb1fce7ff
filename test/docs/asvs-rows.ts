/** One section of ASVS 5.0.0 and what shows that Gatehouse meets it at level 2. */
export type AsvsRow = readonly [
  section: string,
  /** What it asks for, in our words. */
  asks: string,
  /** `file: words of the test's name`; or `no: the reason why it does not apply`; or `open: what is missing`. */
  shown: string,
]

const PAGES = 'test/pages/operator-pages.test.ts'
const TOKENS = 'test/operate/access/operators.test.ts'
const SIGN_ON = 'test/operate/access/sign-on.test.ts'
const GUARD = 'test/operate/access/token-guard.test.ts'
const SENDER = 'test/receive/authenticate-webhook.test.ts'
const OAUTH = 'test/receive/token-endpoint.test.ts'
const SERVER = 'test/platform/http-server.test.ts'
const CONNECT = 'test/platform/guarded-connect.test.ts'
const LOGGER = 'test/platform/logger.test.ts'
const CONFIG = 'test/config/load-config.test.ts'
const LOCKS = 'test/supply-chain.test.ts'
const FUZZ = 'test/fuzz/fuzz.test.ts: get no 5xx, crash nothing'
const MARKED = 'test/operate/privacy/marked-data.test.ts: is found in no answer, page, table'
const DRILL = 'test/operate/privacy/erasure-drill.test.ts: an erased person stays erased'
const ATTACKS = 'test/attack/attack.test.ts: finds no weakness'

/** Every section of ASVS 5.0.0, in its order. */
export const ASVS: readonly AsvsRow[] = [
  ['V1.1', 'decode input once, encode output last', `${PAGES}: escape all values, and allow no script but their own file`],
  ['V1.2', 'no injection into SQL, HTML, a shell or a header', ATTACKS],
  ['V1.3', 'sanitize what is shown or sent on', `${LOGGER}: shows control characters and direction marks as escapes`],
  ['V1.4', 'memory safety', 'no: TypeScript on Node has no manual memory; there is no native code of ours'],
  ['V1.5', 'parse untrusted data safely', FUZZ],
  ['V2.1', 'document the rules for input', 'test/docs/configuration.test.ts: explains every variable that Gatehouse reads'],
  ['V2.2', 'accept only what the schema allows', FUZZ],
  ['V2.3', 'each step once and in order', 'test/load/five-thousand.test.ts: one of each account and one of each approval'],
  ['V2.4', 'limit automated calls', `${GUARD}: the guard limits wrong tokens of all networks together`],
  ['V3.1', 'document what the browser must support', 'open: the supported browsers are not written down'],
  ['V3.2', 'a browser interprets answers only as meant', ATTACKS],
  ['V3.3', 'cookies: Secure, HttpOnly, SameSite, __Host-', `${PAGES}: limits the cookie to TLS and this host`],
  ['V3.4', 'security headers and a content policy', `${PAGES}: escape all values, and allow no script but their own file`],
  ['V3.5', 'no request from another site', `${PAGES}: the server refuses a form without an origin`],
  ['V3.6', 'integrity of outside resources', 'no: the pages load nothing from another host'],
  ['V3.7', 'no redirect to an outside address', `${SIGN_ON}: never leads to another site`],
  ['V4.1', 'the right media type and scheme', `${SERVER}: the server answers 415 for text/plain`],
  ['V4.2', 'one reading of each HTTP message', ATTACKS],
  ['V4.3', 'GraphQL', 'no: there is no GraphQL'],
  ['V4.4', 'WebSocket', 'no: there is no WebSocket'],
  ['V5.1', 'document the accepted files', 'test/tour/documents.test.ts: sends the document, and makes the customer ready'],
  ['V5.2', 'check size, type and content of uploads', 'test/api/documents.test.ts: refuses a renamed .exe by its first bytes'],
  ['V5.3', 'store files safely', 'no: a file is streamed to Paxos and kept nowhere'],
  ['V5.4', 'serve files safely', 'no: Gatehouse serves no uploaded file'],
  ['V6.1', 'document the defences against guessing', `${GUARD}: the guard counts each, logs at most every 10 s`],
  ['V6.2', 'passwords', 'no: there are no passwords; operators have generated tokens'],
  ['V6.3', 'resist guessing and default secrets', `${CONFIG}: every secret that this repository prints is refused`],
  ['V6.4', 'create, show and renew credentials safely', `${TOKENS}: adds an operator, creates a token, shows it once, and revokes it`],
  ['V6.5', 'a second factor', 'open: Gatehouse has no second factor of its own; single sign-on uses that of your provider'],
  ['V6.6', 'out-of-band factors', 'no: there are none'],
  ['V6.7', 'cryptographic authentication', `${SENDER}: a signature is refused five minutes before and after its time`],
  ['V6.8', 'identity providers', `${SIGN_ON}: asks the provider with state, nonce and PKCE`],
  ['V7.1', 'document how sessions end', 'test/docs/configuration.test.ts: gives an accepted example'],
  ['V7.2', 'sessions are random, checked on the server, new at each login', `${PAGES}: ends with the next login of the same browser`],
  ['V7.3', 'an idle and an absolute end', `${PAGES}: ends after twelve hours of activity`],
  ['V7.4', 'log-out and revocation end a session at once', `${TOKENS}: ends when its token is revoked, when the role shrinks`],
  ['V7.5', 'ask again before a sensitive change', `${TOKENS}: approves no plan twice, even with two tokens`],
  ['V7.6', 'sessions over several systems', 'no: a session is of one installation'],
  ['V8.1', 'document who may do what', 'test/operate/access/roles.test.ts: lists each role with the permissions that it adds'],
  ['V8.2', 'check each function and each object', 'test/api/permissions.test.ts: and the roles that have it'],
  [
    'V8.3',
    'check on the server, at one place',
    'test/operate/access/roles.test.ts: refuses to start with a use case that declares no permission',
  ],
  ['V8.4', 'keep tenants apart', 'no: an installation has one tenant'],
  ['V9.1', 'check a token before its content is used', `${OAUTH}: it is refused with a token that was changed, is unsigned`],
  ['V9.2', 'check time and purpose of a token', `${OAUTH}: it is refused once the token has expired`],
  ['V10.1', 'tokens reach only who needs them', `${OAUTH}: the log holds no secret`],
  ['V10.2', 'OAuth client', `${SIGN_ON}: is refused without the cookie of its beginning`],
  ['V10.3', 'OAuth resource server', `${OAUTH}: it is accepted, also by another receiver that knows the client`],
  ['V10.4', 'OAuth authorization server', `${OAUTH}: the receiver accepts the next secret during a rotation`],
  ['V10.5', 'OpenID client', `${SIGN_ON}: asks the provider with state, nonce and PKCE`],
  ['V10.6', 'OpenID provider', 'no: Gatehouse is a client of your provider, and no provider'],
  ['V10.7', 'consent', 'no: no person delegates a right to a client'],
  ['V11.1', 'an inventory of keys, and their rotation', 'test/vault/vault.test.ts: rotates: resumes after a stop'],
  ['V11.2', 'proven libraries; a wrong key is an error', 'test/vault/vault.test.ts: refuses to start with a wrong ENCRYPTION_KEY'],
  ['V11.3', 'authenticated encryption', 'test/vault/vault.test.ts: cannot open a payload with another key'],
  ['V11.4', 'approved hashes', 'test/audit/audit.test.ts: is numbered without gaps and chained'],
  ['V11.5', 'random values cannot be guessed', `${CONFIG}: every secret that this repository prints is refused`],
  ['V11.6', 'approved key pairs', 'test/operate/privacy/erasure.test.ts: refuses a changed certificate'],
  ['V11.7', 'data encrypted while in use', 'no: only level 3 asks for it'],
  ['V12.1', 'current TLS versions', 'open: TLS ends at your proxy; its versions are yours to set'],
  ['V12.2', 'verified TLS to outside services', `${CONFIG}: must be https://`],
  ['V12.3', 'verified connections between services', `${CONNECT}: is checked at each connection`],
  ['V13.1', 'document every connection', 'test/docs/configuration.test.ts: gives an accepted example'],
  [
    'V13.2',
    'least rights between components',
    'test/platform/postgres/database-roles.test.ts: do not let the worker read operators, their tokens or their sessions',
  ],
  ['V13.3', 'secrets in a store, by role', `${CONFIG}: does not get the secrets of another role`],
  ['V13.4', 'no debug output, no versions', `${SERVER}: give the metrics only to the bearer of the token`],
  ['V14.1', 'classify data, and state its protection', MARKED],
  ['V14.2', 'personal data leaves no trace, and ends', DRILL],
  ['V14.3', 'nothing sensitive stays in the browser', ATTACKS],
  ['V15.1', 'document risky components', `${LOCKS}: allow install scripts of named packages only`],
  ['V15.2', 'current and verified dependencies', `${LOCKS}: has the integrity of every package`],
  ['V15.3', 'defensive code: no mass assignment, no prototype', FUZZ],
  ['V15.4', 'no race', 'test/faults/crash-sweep.test.ts: names every instant at which an onboarding makes a call'],
  ['V16.1', 'document what is logged', `${LOGGER}: keeps type, code, message, stack and cause of an error`],
  ['V16.2', 'time, source and no secret in each line', `${LOGGER}: redacts personal data and secrets at any depth`],
  ['V16.3', 'log logins, refusals and bypasses', `${GUARD}: the guard counts each, logs at most every 10 s`],
  ['V16.4', 'logs cannot be forged', `${LOGGER}: shows control characters and direction marks as escapes`],
  ['V16.5', 'errors reveal nothing and fail closed', `${SERVER}: is one warning without a stack for a 503`],
  ['V17.1', 'WebRTC', 'no: there is no WebRTC'],
]

/** A row of the table in docs/security.md. */
export function renderRow([section, asks, shown]: AsvsRow): string {
  const [kind = '', ...rest] = shown.split(': ')
  const words = rest.join(': ')
  if (kind === 'no') return `| ${section} | ${asks} | does not apply, because ${words} |`
  if (kind === 'open') return `| ${section} | ${asks} | **not met:** ${words} |`
  return `| ${section} | ${asks} | ${words === '' ? '' : `"${words}" in `}\`${kind}\` |`
}

export const TABLE = ['| Section | Asks for | Shown by |', '|---|---|---|', ...ASVS.map(renderRow)].join('\n')

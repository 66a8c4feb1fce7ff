/** A mutant that no test noticed. */
export interface Survivor {
  file: string
  /** Its line of source, without surrounding space. Null for a SQL guard. */
  line: string | null
  /** The change, as "before => after". */
  mutant: string
}

type Accepted = Survivor & { because: string }

const inFile =
  (file: string) =>
  (line: string, mutants: readonly string[], because: string): Accepted[] =>
    mutants.map((mutant) => ({ file, line, mutant, because }))

const core = inFile('src/domain/onboarding/advance.ts')
const authenticator = inFile('src/receive/authenticate-webhook.ts')
const acceptor = inFile('src/inbox/accept-events.ts')
const folding = inFile('src/inbox/fold-deliveries.ts')
const advancing = inFile('src/saga/run-stream.ts')
const ledger = inFile('src/ledger/ledger.ts')
/** Why the name of a statement may be missing. */
const NAMELESS = 'only speed: Postgres plans a statement without a name at each use'
const routing = inFile('src/saga/onboarding-route.ts')
const committer = inFile('src/platform/group-committer.ts')

/** Mutants that no test needs to notice, each with the reason. */
export const ACCEPTED_SURVIVORS: readonly Accepted[] = [
  ...core("case 'pending':", [`'pending' => ""`], 'falls through to the same end: such a state asks for nothing'),
  ...core("case 'ready':", [`'ready' => ""`], 'falls through to the same end: such a state asks for nothing'),
  ...core(
    "case 'held':",
    [`'held' => ""`, `case 'held': … => case 'held':`],
    'falls through to the same end: such a state asks for nothing',
  ),
  ...committer(
    'if (scheduled || busy >= writers || backlog.length === 0) return',
    [
      'scheduled || busy >= writers || backlog.length === 0 => false',
      'scheduled || busy >= writers || backlog.length === 0 => (scheduled || busy >= writers) && backlog.length === 0',
      'scheduled || busy >= writers => false',
      'scheduled || busy >= writers => scheduled && busy >= writers',
      'busy >= writers => false',
      'busy >= writers => busy > writers',
      'backlog.length === 0 => false',
    ],
    'only work: it looks more often, and flush() itself asks for a free writer and a waiting item',
  ),
  ...committer('scheduled = true', ['true => false'], 'only work: it looks more often'),
  ...committer(
    'if (!fillsLikeTheLast() && performance.now() - endedAt < fillWaitMs && !closing) {',
    ['performance.now() - endedAt < fillWaitMs => performance.now() - endedAt <= fillWaitMs'],
    'the very instant at which the wait is over',
  ),
  ...committer('clearTimeout(fillTimer)', ['clearTimeout(fillTimer) => ;'], 'only pace: the timer forgets the last size once more'),
  ...committer(
    'const DATA_FAULT = /^(21|22|23|44|P0)[0-9A-Z]{3}$/',
    [
      '/^(21|22|23|44|P0)[0-9A-Z]{3}$/ => /(21|22|23|44|P0)[0-9A-Z]{3}$/',
      '/^(21|22|23|44|P0)[0-9A-Z]{3}$/ => /^(21|22|23|44|P0)[0-9A-Z]{3}/',
    ],
    'equivalent: a SQLSTATE has five characters, and no code of Node holds one',
  ),
  ...authenticator(
    'const matchKey = createSecretMatcher(on.apiKey ? options.apiKeys : [])',
    ['[] => ["Stryker was here"]'],
    'a random secret of an authenticator that is off',
  ),
  ...authenticator(
    'const verifySignature = createSignatureVerifier(on.signature ? options.signingSecrets : [], now)',
    ['[] => ["Stryker was here"]'],
    'a random secret of an authenticator that is off',
  ),
  ...authenticator(
    "...(on.signature ? ['a Standard Webhooks signature (webhook-id, webhook-timestamp, webhook-signature)'] : []),",
    ['[] => ["Stryker was here"]'],
    'only the text of the refusal',
  ),
  ...authenticator(
    "return /^bearer +([^ ]+)$/i.exec(authorization ?? '')?.[1] ?? null",
    [`'' => "Stryker was here!"`],
    'equivalent: no bearer token either',
  ),
  ...authenticator("return 'authenticated'", [`'authenticated' => ""`], 'equivalent: neither refused nor asked for more, if a turn later'),
  ...inFile('src/receive/match-secret.ts')(
    "return Buffer.from(hash('sha256', secret, 'hex'), 'latin1') // twice as fast as asking for a buffer",
    [`'latin1' => ""`],
    'equivalent: hexadecimal digits are the same bytes in UTF-8',
  ),
  ...inFile('src/receive/verify-signature.ts')(
    "const keys = secrets.map((secret) => Buffer.from(secret.replace(/^whsec_/, ''), 'base64'))",
    ['/^whsec_/ => /whsec_/'],
    'equivalent: base64 has no underscore, so it stands nowhere else',
  ),
  ...inFile('src/receive/verify-signature.ts')(
    "if (typeof id !== 'string' || typeof timestamp !== 'string' || typeof signatures !== 'string') return -1",
    ["typeof timestamp !== 'string' => false"],
    'equivalent: the pattern for the time refuses a missing one',
  ),
  ...acceptor(
    "if (performance.now() < restUntil) throw new InboxUnavailableError('the database did not answer a moment ago')",
    ['performance.now() < restUntil => performance.now() <= restUntil'],
    'the very instant at which the rest is over',
  ),
  ...folding(
    'return [...rows.values()].sort((a, b) => (a.id < b.id ? -1 : 1))',
    ['a.id < b.id => a.id <= b.id'],
    'equivalent: no two rows have one id',
  ),
  ...folding(
    'return rows.map((row) => ({ ...row, batch: row.test || real === 1 ? null : first + (nth++ % jobs) }))',
    ['first + (nth++ % jobs) => first - nth++ % jobs', 'nth++ => nth--'],
    'equivalent: the same count of unique numbers, spread as evenly',
  ),
  ...inFile('src/inbox/writer-pool.ts')(
    'keepAlive: true,',
    ['true => false'],
    'what asks after an idle line; one that is used is given up by its time-out',
  ),
  ...advancing(
    'return effects !== base.effects || entries.length > 0',
    ['entries.length > 0 => false'],
    'equivalent: each new entry builds a new list of effects',
  ),
  ...inFile('src/inbox/insert-events.ts')(
    "return { name: 'insert-events', text: INSERT_EVENTS, values: columnParameters(COLUMNS, rows) }",
    [`'insert-events' => ""`],
    NAMELESS,
  ),
  ...ledger('const load = { name: `load-${table.kind}`, text: loadStatement(table) }', ['`load-${table.kind}` => ``'], NAMELESS),
  ...ledger('const commit = { name: `commit-${table.kind}`, text: commitStatement(table) }', ['`commit-${table.kind}` => ``'], NAMELESS),
  ...inFile('src/ledger/onboarding-table.ts')("kind: 'onboarding',", [`'onboarding' => ""`], 'only a part of the names of its statements'),
  ...inFile('src/saga/process-event.ts')(
    'await parts.inbox.complete(identityId === null ? end : { ...end, identityId })',
    ['identityId === null => false'],
    'equivalent: the statement keeps what it knows where the identity is null',
  ),
  ...inFile('src/saga/process-event.ts')(
    'return parts.now() - loadedAt > ROW_FRESH_MS ? loadToBeDone(parts, job) : row',
    ['parts.now() - loadedAt > ROW_FRESH_MS => parts.now() - loadedAt >= ROW_FRESH_MS'],
    'the very instant from which the row is loaded again',
  ),
  ...routing(
    "if (version === null && !isDecisionEvent(type)) return { event: type, status: '', requiredDocuments } // opens no onboarding: no read is needed",
    ["{ event: type, status: '', requiredDocuments } => {}", `'' => "Stryker was here!"`],
    'equivalent: an event without a decision opens no onboarding, and nothing else of it is looked at',
  ),
  ...routing(
    'return { event, status, ...said(statusDetails), requiredDocuments: [], at: parts.now() }',
    ['[] => ["Stryker was here"]'],
    'equivalent: only an event that asks for documents is asked for them',
  ),
  ...routing(
    'return details === undefined ? {} : { details }',
    ['details === undefined => false'],
    'equivalent: a field that is undefined counts as absent',
  ),
  ...inFile('src/saga/prepare-event.ts')(
    '{ reader, keys, routes, ownRoutes = [] }: Routes & { reader: ConfirmationReader; keys?: KeyGate | undefined },',
    ['[] => ["Stryker was here"]'],
    'equivalent: a text is the route of no type',
  ),
  ...inFile('src/effects/execute-quote.ts')(
    "return baseAmount === null ? { ...common, quote_amount: quoteAmount ?? '' } : { ...common, base_amount: baseAmount }",
    [`'' => "Stryker was here!"`],
    'equivalent: exactly one of the two amounts is not null',
  ),
  ...inFile('src/saga/dispatch-due-events.ts')('} catch (error) {', ['{ … => {}'], 'only a line of the log'),
]

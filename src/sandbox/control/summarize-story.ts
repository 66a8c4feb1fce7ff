import type { SandboxState } from '../sandbox-state.ts'

/**
 * The first questions of a history checker: which identities have two accounts, how often each operation was called, which events were not
 * delivered.
 */
export function summarizeStory({ identities, accounts, events, story, webhooks }: SandboxState): object {
  const accountCounts = accounts.countByIdentity()
  const calls = new Map<string, number>()
  for (const { operation, outcome, status } of story.of('call'))
    bump(calls, `${operation} ${outcome}${status === null ? '' : ` ${status}`}`)
  const deliveries = new Map<string, number>()
  for (const { outcome } of story.of('delivery')) bump(deliveries, outcome)
  const statuses = new Map<string, number>()
  for (const { status } of identities.all) bump(statuses, status)
  return {
    identities: { total: identities.all.length, byStatus: Object.fromEntries(statuses) },
    accounts: {
      total: accounts.all.length,
      identitiesWithOne: [...accountCounts.values()].filter((count) => count === 1).length,
      identitiesWithSeveral: Object.fromEntries([...accountCounts].filter(([, count]) => count > 1)),
    },
    events: { total: events.all.length, undelivered: events.all.filter((event) => event.undeliveredWebhooks > 0).length },
    deliveries: { attempts: Object.fromEntries(deliveries), pending: webhooks.pending },
    calls: Object.fromEntries(calls),
    log: { lastSeq: story.lastSeq, dropped: story.dropped },
  }
}

function bump(counts: Map<string, number>, key: string): void {
  counts.set(key, (counts.get(key) ?? 0) + 1)
}

import { GATEHOUSE } from '../platform/command-name.ts'
import type { Reconciliation } from '../reconcile/reconciliation.ts'

/** Where a comparison stands, and what happens next. */
export function sayReconciliation(reconciliation: Reconciliation): string {
  const { id, state, listed, byWebhook, bySweep, found, missing, withheld, pages, lastError } = reconciliation
  switch (state) {
    case 'waiting':
      return lastError ? `Interrupted: ${lastError} A worker tries again within 15 s.` : 'A worker takes it within 1 s.'
    case 'running':
      return `A worker reads List Events: ${pages} pages so far, ${listed} events.`
    case 'complete':
      return `Paxos listed ${listed} events. The inbox holds all of them: ${byWebhook} by webhook, ${bySweep} by sweep (${found} found by this comparison), 0 missing. Export the certificate: ${GATEHOUSE} reconcile certificate ${id}`
    case 'withheld':
      return `Paxos listed ${listed} events. The inbox holds ${byWebhook + bySweep}; ${missing} are missing. No certificate: ${withheld.map(({ detail }) => detail).join(' ')}`
  }
}

import { GATEHOUSE } from '../../platform/command-name.ts'
import type { Reconciliation } from '../../reconcile/reconciliation.ts'
import { counted } from '../say/counted.ts'

/** The state of a comparison, and what happens next. */
export function sayReconciliation(reconciliation: Reconciliation): string {
  const { id, state, listed, byWebhook, bySweep, found, missing, withheld, pages, lastError } = reconciliation
  switch (state) {
    case 'waiting':
      return lastError ? `Interrupted: ${lastError} A worker tries again within 15 s.` : 'A worker takes it within 1 s.'
    case 'running':
      return `A worker reads List Events: ${counted(pages, 'page')} so far, ${counted(listed, 'event')}.`
    case 'complete':
      return `Paxos listed ${counted(listed, 'event')}. Missing in the inbox: 0. Brought by webhook: ${byWebhook}, by sweep: ${bySweep} (found by this comparison: ${found}). Export the certificate: ${GATEHOUSE} reconcile certificate ${id}`
    case 'withheld':
      return `Paxos listed ${counted(listed, 'event')}. The inbox holds ${byWebhook + bySweep}. Missing: ${missing}. No certificate: ${withheld.map(({ detail }) => detail).join(' ')}`
  }
}

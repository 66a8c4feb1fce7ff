import type { OpenCause } from '../../inbox/open-causes.ts'

/** Events, or customers, that all these causes delay together. */
export function sum(causes: readonly OpenCause[], of: 'events' | 'customers'): number {
  return causes.reduce((total, cause) => total + cause[of], 0)
}

/** The earliest of these times over all causes; there is at least one cause. */
export function earliest(causes: readonly OpenCause[], of: 'oldestReceivedAt' | 'nextDueAt'): Date {
  return new Date(Math.min(...causes.map((cause) => cause[of].getTime())))
}

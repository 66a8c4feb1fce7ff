import type { CallFault } from './fault-book.ts'

/** What is done with one call, in this order. Without `act` nothing happens to the world; without an end, what acting gave is answered. */
export type CallStep =
  | { do: 'act' }
  | { do: 'delay'; ms: number }
  /** The call's `ref_id` may be used again at once. */
  | { do: 'forget' }
  | { do: 'return'; status: number; detail?: string | undefined; body?: unknown; retryAfterSeconds?: number | undefined }
  /** The connection is closed. */
  | { do: 'drop' }
  /** No answer, ever. */
  | { do: 'silence' }

const ACT: CallStep = { do: 'act' }
const PLAIN: readonly CallStep[] = [ACT]

/** The steps that these faults make of a call: at most one latency, and at most one other. */
export function stepsOfFaults(faults: readonly CallFault[]): readonly CallStep[] {
  if (faults.length === 0) return PLAIN
  const latency = faults.find((fault) => fault.do === 'latency')
  const other = faults.find((fault) => fault.do !== 'latency')
  return [...(latency ? [{ do: 'delay', ms: latency.ms } as const] : []), ...(other ? endOf(other) : PLAIN)]
}

function endOf(fault: Exclude<CallFault, { do: 'latency' }>): readonly CallStep[] {
  switch (fault.do) {
    case 'answer':
      return [{ do: 'return', status: fault.status, detail: fault.detail, retryAfterSeconds: fault.retryAfterSeconds }]
    case 'drop':
    case 'silence':
      return [{ do: fault.do }]
    case 'act-then-drop':
      return [ACT, { do: 'drop' }]
    case 'act-then-silence':
      return [ACT, { do: 'silence' }]
    case 'act-then-answer':
      return [ACT, { do: 'return', status: fault.status }]
  }
}

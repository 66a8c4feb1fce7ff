import type { CallFault } from './fault-book.ts'

/** The steps of one call, in order. Without `act` the world stays unchanged. Without a final step the call gets the result of `act`. */
export type CallStep =
  | { do: 'act' }
  | { do: 'delay'; ms: number }
  /** The call's `ref_id` becomes usable again at once. */
  | { do: 'forget' }
  | { do: 'return'; status: number; detail?: string | undefined; body?: unknown; retryAfterSeconds?: number | undefined }
  /** The connection is closed. */
  | { do: 'drop' }
  /** No answer, ever. */
  | { do: 'silence' }

const ACT: CallStep = { do: 'act' }
const PLAIN: readonly CallStep[] = [ACT]

/** The steps of a call under these faults: at most one latency and at most one other fault. */
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

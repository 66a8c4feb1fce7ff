import { HttpProblem } from '../../platform/problem.ts'
import type { SandboxState } from '../sandbox-state.ts'
import type { AddControl } from './add-control.ts'
import { FaultSchema } from './fault-book.ts'
import { idOf } from './id-of.ts'
import { readControl } from './read-control.ts'

/** Faults: arm, list, disarm. */
export function faultControl(control: AddControl, { faults }: Pick<SandboxState, 'faults'>): void {
  control(
    'POST /faults',
    'arms a fault: {on: "POST /identity/accounts" | "*", do: answer (status, detail?, retryAfterSeconds?) | latency (ms) | drop | silence | ' +
      'act-then-drop | act-then-silence | act-then-answer (status)} or {on: "delivery", do: lose | duplicate (copies) | delay (ms) | reorder, type?}; ' +
      'how often: next, ratio, forMs; without any of them, until removed',
    ({ body }) => ({ id: faults.arm(readControl(FaultSchema, body)) }),
  )
  control('GET /faults', 'the armed faults, and the number of strikes left for each', () => ({ faults: faults.armed }))
  control('DELETE /faults', 'disarms all', () => faults.clear())
  control('DELETE /faults/{id}', 'disarms one', ({ params }) => {
    if (!faults.disarm(Number(idOf(params)))) throw new HttpProblem(404, 'FAULT_UNKNOWN', 'No armed fault has this id.')
  })
}

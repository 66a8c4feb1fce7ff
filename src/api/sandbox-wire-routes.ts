import { WireBody } from '../operate/trading/wire-request.ts'
import type { OperatorUseCases } from '../operate/use-cases.ts'
import type { ApiRoute } from './api-route.ts'
import { requestRoute } from './request-route.ts'

/** Wires of invented money in the Sandbox. */
export function sandboxWireRoutes(useCases: OperatorUseCases): ApiRoute[] {
  return [
    requestRoute({
      path: '/v1/deposit-instructions/{id}/sandbox-wires',
      permission: 'money.move',
      summary: 'Send a wire of invented money by deposit instructions (Sandbox only)',
      description:
        'Works in the Sandbox and the simulator only. The money arrives as a transfer, less the fee of Paxos: GET /v1/transfers lists it with the ' +
        'instructionsId, and deposit.completed follows. Safe to repeat with the same key: 201 the first time, then 200 with the same wire.',
      thing: 'wire',
      body: WireBody,
      schema: 'SandboxWire',
      created: 'Paxos has the wire (state sent), or refused it (state rejected).',
      existing: 'The wire already exists under the same key.',
      refusals: {
        404: 'Unknown deposit instructions (NO_SUCH_INSTRUCTIONS).',
        409:
          'The instructions are not created or not for WIRE (INSTRUCTIONS_NOT_PAYABLE), or this installation leaves out sandbox-wires ' +
          '(FEATURE_OFF).',
      },
      request: async ({ id: instructionsId, idempotencyKey }, body, actor) => {
        const { wire, created } = await useCases.sendWire({ instructionsId, idempotencyKey, ...body }, actor)
        return [wire, created]
      },
      view: (wire) => ({ id: wire.wireId, ...wire, requestedAt: new Date(wire.requestedAt) }),
    }),
  ]
}

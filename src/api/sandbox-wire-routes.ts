import { OpaqueIdParams } from '../operate/input/amount-input.ts'
import { WireBody } from '../operate/trading/wire-request.ts'
import type { OperatorUseCases } from '../operate/use-cases.ts'
import { type ApiRoute, apiRoute } from './api-route.ts'
import { idempotencyHeader } from './idempotency-header.ts'

/** Wires of invented money in the Sandbox. */
export function sandboxWireRoutes(useCases: OperatorUseCases): ApiRoute[] {
  return [
    apiRoute({
      method: 'POST',
      path: '/v1/deposit-instructions/{id}/sandbox-wires',
      permission: 'money.move',
      summary: 'Send a wire of invented money by deposit instructions (Sandbox only)',
      description:
        'Works in the Sandbox and the simulator only. The money arrives as a transfer, less the fee of Paxos: GET /v1/transfers lists it with the ' +
        'instructionsId, and deposit.completed follows. Safe to repeat with the same key: 201 the first time, then 200 with the same wire.',
      params: OpaqueIdParams,
      headers: idempotencyHeader('wire'),
      body: WireBody,
      answers: {
        201: { description: 'Paxos has the wire (state sent), or refused it (state rejected).', schema: 'SandboxWire' },
        200: { description: 'The wire already exists under the same key.', schema: 'SandboxWire' },
        202: { description: 'The result is not known yet (state submitting or unknown).', schema: 'SandboxWire' },
      },
      refusals: {
        404: 'Unknown deposit instructions (NO_SUCH_INSTRUCTIONS).',
        409:
          'The instructions are not created or not for WIRE (INSTRUCTIONS_NOT_PAYABLE), or this installation leaves out sandbox-wires ' +
          '(FEATURE_OFF).',
        422: 'The key was used with a different request (IDEMPOTENCY_KEY_REUSED).',
      },
      handle: async ({ params, headers, body, actor }) => {
        const asked = { instructionsId: params.id, idempotencyKey: headers['idempotency-key'], ...body }
        const { wire, created } = await useCases.sendWire(asked, actor)
        const pending = wire.state === 'submitting' || wire.state === 'unknown'
        const shown = { id: wire.wireId, ...wire, requestedAt: new Date(wire.requestedAt) }
        return { status: pending ? 202 : created ? 201 : 200, body: shown }
      },
    }),
  ]
}

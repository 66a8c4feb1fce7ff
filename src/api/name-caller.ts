import type { FastifyRequest } from 'fastify'
import type { Caller } from '../operate/access/caller.ts'
import { headerText, OperatorName } from '../operate/access/operator-name.ts'
import type { OperatorUseCases } from '../operate/use-cases.ts'
import { HttpProblem } from '../platform/problem.ts'

/** The header `X-Operator` as its sender wrote it; undefined without one. */
export function namedOperator({ headers }: FastifyRequest): string | undefined {
  const name = headers['x-operator']
  return typeof name === 'string' ? headerText(name) : undefined
}

/**
 * A hook that reads `X-Operator` after the token was checked. A holder of OPERATOR_TOKEN may name any person that is not an operator: an
 * operator acts with a token of its own, so that no request acts in another operator's name. With such a token, the header may only repeat the name.
 * @throws HttpProblem 403 OPERATOR_NAME_REFUSED
 */
export function nameCaller(findOperator: OperatorUseCases['findOperator']): (request: FastifyRequest) => Promise<void> {
  return async (request) => {
    const name = OperatorName.safeParse(namedOperator(request)).data // the route refuses a malformed one, with its other fields
    if (name === undefined || request.caller === null) return
    request.caller = await named(request.caller, name, findOperator)
  }
}

async function named(caller: Caller, name: string, findOperator: OperatorUseCases['findOperator']): Promise<Caller> {
  if (caller.credential.kind !== 'bootstrap') {
    if (name.toLowerCase() === caller.name.toLowerCase()) return caller
    throw refusal(`This token belongs to ${caller.name}. X-Operator must name ${caller.name}, or be left out.`)
  }
  if (await findOperator(name)) throw refusal(`${name} is an operator: send a token of that operator instead of OPERATOR_TOKEN.`)
  return { ...caller, kind: 'operator', name }
}

function refusal(detail: string): HttpProblem {
  return new HttpProblem(403, 'OPERATOR_NAME_REFUSED', detail)
}

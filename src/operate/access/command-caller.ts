import { ACTOR_KINDS, type Actor } from '../../domain/actor.ts'
import { UsageError } from '../../platform/app-error.ts'
import type { OperatorUseCases } from '../use-cases.ts'
import type { CallerOf } from './guard-use-cases.ts'

/**
 * The caller of a command. A command has the database's own credentials, so it acts as an admin. If `--operator` names an operator, it has
 * that operator's role, so that no operator does by a slip what the role forbids.
 * @throws UsageError for a removed operator, and for another spelling of a name, under which one person could approve twice
 */
export function commandCaller({ findOperator }: Pick<OperatorUseCases, 'findOperator'>): CallerOf {
  return async (args) => {
    const actor = args.find(isActor)
    const known = actor ? await findOperator(actor.name) : null
    const credential = { kind: 'bootstrap' } as const
    if (!actor || !known) return { kind: 'operator', name: actor?.name ?? 'command', role: 'admin', credential }
    if (known.name !== actor.name) throw new UsageError(`--operator ${actor.name}: this operator's name is written ${known.name}`)
    if (known.removedAt !== null) throw new UsageError(`--operator ${actor.name}: this operator was removed`)
    return { kind: 'operator', name: known.name, role: known.role, credential }
  }
}

function isActor(value: unknown): value is Actor {
  return (
    typeof value === 'object' && value !== null && 'kind' in value && 'name' in value && ACTOR_KINDS.some((kind) => kind === value.kind)
  )
}

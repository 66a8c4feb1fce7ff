import { userInfo } from 'node:os'
import { InvalidArgumentError } from 'commander'
import type { Actor } from '../domain/actor.ts'
import { NAME_RULE, OperatorName } from '../operate/access/operator-name.ts'
import { readTime, TIME_FORMS } from '../operate/input/read-time.ts'
import { readReason } from '../operate/replay/replay-request.ts'
import type { OperatorUseCases } from '../operate/use-cases.ts'
import { UsageError } from '../platform/app-error.ts'
import { GATEHOUSE } from '../platform/command-name.ts'
import { canonicalId, OPAQUE_ID, UUID } from '../platform/opaque-id.ts'

/** Opens the use cases for one command. */
export type OpenUseCases = () => Promise<{ useCases: OperatorUseCases; close(): Promise<void> }>

/** Runs one command and closes the use cases afterwards, also when it fails. */
export async function withUseCases(open: OpenUseCases, work: (useCases: OperatorUseCases) => Promise<void>): Promise<void> {
  const { useCases, close } = await open()
  try {
    await work(useCases)
  } finally {
    await close()
  }
}

/** An id that Paxos issued, as an argument or an option. */
export function parsePaxosId(text: string): string {
  if (!OPAQUE_ID.test(text)) throw new InvalidArgumentError('It takes an id issued by Paxos: 1 to 200 visible ASCII characters.')
  return canonicalId(text)
}

/** The actor and the reason of an audited action. @throws UsageError naming what is missing */
export function nameAndReason({ operator = '', reason = '' }: { operator?: string | undefined; reason?: string | undefined }): {
  actor: Actor
  reason: string
} {
  if (operator.trim() === '') throw new UsageError('--operator must name a person; the audit records it')
  const name = OperatorName.safeParse(operator)
  if (!name.success) throw new UsageError(`--operator takes a name of ${NAME_RULE}`)
  return { actor: { kind: 'operator', name: name.data }, reason: readReason(reason) }
}

/** An id that Gatehouse issued, in lower case. */
export function parseId(text: string): string {
  if (!UUID.test(text)) throw new InvalidArgumentError('Ids look like 7f0f5b7e-2d83-4e7c-9a52-2a6a0c6e5d10.')
  return text.toLowerCase()
}

/** Collects the values of a repeatable option. */
export function collectPaxosIds(text: string, before: string[] = []): string[] {
  return [...before, parsePaxosId(text)]
}

export function collectTexts(text: string, before: string[] = []): string[] {
  return [...before, text]
}

/** Collects the values of a repeatable option that takes only these words. */
export function collectOneOf<Word extends string>(words: readonly Word[]): (text: string, before?: Word[]) => Word[] {
  const parse = parseOneOf(words)
  return (text, before = []) => [...before, parse(text)]
}

export function parseOneOf<Word extends string>(words: readonly Word[]): (text: string) => Word {
  return (text) => {
    const word = words.find((candidate) => candidate === text)
    if (word === undefined) throw new InvalidArgumentError(`It takes ${words.join(', ')}.`)
    return word
  }
}

/** A whole number from 1 to `most`. */
export function parseCount(most: number): (text: string) => number {
  return (text) => {
    const count = Number(text)
    if (!Number.isInteger(count) || count < 1 || count > most) throw new InvalidArgumentError(`It takes a number from 1 to ${most}.`)
    return count
  }
}

/** A time with its zone, a date (its start in UTC), an age (`90s`, `15m`, `2h`, `3d`), or `now`. */
export function parseTime(text: string): Date {
  const at = readTime(text)
  if (at === null) throw new InvalidArgumentError(`It takes ${TIME_FORMS}.`)
  return at
}

/** @throws UsageError for unknown ids, because an empty result would hide a mistyped id */
export async function requireKnown(
  useCases: OperatorUseCases,
  { identities = [], events = [] }: { identities?: readonly string[]; events?: readonly string[] },
): Promise<void> {
  const unknown: string[] = []
  for (const id of new Set(identities))
    if (!(await isKnownIdentity(useCases, id))) unknown.push(`No onboarding and no event has identity ${id}.`)
  for (const id of new Set(events)) if ((await useCases.getEvent(id)) === null) unknown.push(`Event ${id} was never received.`)
  if (unknown.length > 0)
    throw new UsageError(`${unknown.join(' ')} ${GATEHOUSE} onboarding list and ${GATEHOUSE} event list show the known ids.`)
}

async function isKnownIdentity(useCases: OperatorUseCases, identityId: string): Promise<boolean> {
  if ((await useCases.getOnboarding(identityId))?.identityId === identityId) return true
  return (await useCases.listEvents({ identityId, limit: 1 })).items.length > 0
}

/** The system user who runs the command: the default name in the audit. */
export function systemUser(): string {
  try {
    return userInfo().username || 'cli'
  } catch {
    return 'cli' // the user of a container may have no name
  }
}

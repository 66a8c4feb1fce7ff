import type { Command } from 'commander'
import type { Erasure, LegalHold } from '../operate/privacy/erasures.ts'
import { utcTime } from '../operate/say/say-time.ts'
import { UsageError } from '../platform/app-error.ts'
import { GATEHOUSE } from '../platform/command-name.ts'
import { nameAndReason, type OpenUseCases, parseCount, parsePaxosId, withUseCases } from './command-input.ts'
import { type Print, print as toStdout } from './print.ts'
import { giveCertificate, registerVerify } from './register-verify.ts'
import { renderTable } from './render-table.ts'

interface Parts {
  open: OpenUseCases
  print: Print
}

interface Flags {
  operator: string
  reason: string
  json?: boolean
}

/** `erase`, `erasure list|certificate|verify` and `legal-hold set|lift|list`. */
export function registerErasureCommands(program: Command, open: OpenUseCases, print: Print = toStdout): void {
  reasoned(
    program
      .command('erase')
      .description('erase a person for good: destroy the keys of the data, end what is pending, and sign a certificate')
      .argument('<onboarding>', 'id or ref_id of the onboarding, or id of the request for an identity', parsePaxosId),
  ).action(async (id: string, { json, ...flags }: Flags) => {
    const { actor, reason } = nameAndReason(flags)
    await withUseCases(open, async (useCases) => {
      const erasure = known(await useCases.erasePerson(id, { reason }, actor), id)
      print(json ? JSON.stringify(erasure, null, 2) : sayErasure(erasure))
    })
  })
  registerErasures(program.command('erasure').description('requests to erase a person, and their certificates'), { open, print })
  registerHolds(program.command('legal-hold').description('legal holds, which forbid an erasure until they are lifted'), { open, print })
}

function registerErasures(erasure: Command, { open, print }: Parts): void {
  erasure
    .command('list')
    .description('requests, last requested first: when each was requested and done')
    .option('--limit <count>', 'how many', parseCount(1_000), 50)
    .option('--json', 'print JSON')
    .action(async ({ limit, json }: { limit: number; json?: boolean }) => {
      await withUseCases(open, async (useCases) => {
        const items = await useCases.listErasures({ limit })
        print(json ? JSON.stringify({ items }, null, 2) : renderErasures(items))
      })
    })
  erasure
    .command('certificate')
    .description('print the signed certificate of an erasure (a compact JWS)')
    .argument('<onboarding>', 'as erasure list prints it', parsePaxosId)
    .option('--out <file>', 'write it to this file')
    .action(async (id: string, { out }: { out?: string }) => {
      await withUseCases(open, async (useCases) => {
        const certificate = (await useCases.getErasure(id))?.certificate
        if (!certificate) throw new UsageError(`${id} was not erased. ${GATEHOUSE} erasure list shows the requests.`)
        giveCertificate(certificate, { noun: 'erasure', out, print })
      })
    })
  registerVerify(erasure, print, {
    verify: async (text, key) => (await import('../operate/privacy/erasures.ts')).verifyErasure(text, key),
    width: 24,
  })
}

function registerHolds(hold: Command, { open, print }: Parts): void {
  const show = (holds: readonly LegalHold[], json: boolean | undefined): void =>
    print(json ? JSON.stringify({ items: holds }, null, 2) : renderHolds(holds))
  for (const [verb, description] of [
    ['set', 'forbid the erasure of a person until the hold is lifted'],
    ['lift', 'lift a hold; the others stay'],
  ] as const) {
    reasoned(hold.command(verb).description(description).argument('<onboarding>', 'id or ref_id of the onboarding', parsePaxosId))
      .requiredOption('--name <matter>', 'the matter, such as "case 2026-114"')
      .action(async (id: string, { json, name, ...flags }: Flags & { name: string }) => {
        const { actor, reason } = nameAndReason(flags)
        await withUseCases(open, async (useCases) => {
          const holds = await (verb === 'set' ? useCases.setLegalHold : useCases.liftLegalHold)(id, { name, reason }, actor)
          if (!holds && verb === 'lift') throw new UsageError(`No legal hold "${name}" stands for ${id}.`)
          show(known(holds, id), json)
        })
      })
  }
  hold
    .command('list')
    .description('holds that stand, of one person or of all')
    .argument('[onboarding]', 'id or ref_id of the onboarding', parsePaxosId)
    .option('--json', 'print JSON')
    .action(async (id: string | undefined, { json }: { json?: boolean }) => {
      await withUseCases(open, async (useCases) => show(known(await useCases.listLegalHolds(id), id ?? ''), json))
    })
}

function reasoned(command: Command): Command {
  return command
    .requiredOption('--operator <name>', 'your name, for the audit')
    .requiredOption('--reason <text>', 'why; recorded in the audit')
    .option('--json', 'print JSON')
}

function known<Found>(found: Found | null, id: string): Found {
  if (found === null) throw new UsageError(`Unknown onboarding ${id}. ${GATEHOUSE} onboarding list shows the known ones.`)
  return found
}

function sayErasure({ subject, requestedAt, doneAt, certificate }: Erasure): string {
  return [
    `Erased ${subject}: requested ${utcTime(requestedAt)}, done ${doneAt ? utcTime(doneAt) : 'not yet'}.`,
    `Give the person the certificate: ${GATEHOUSE} erasure certificate ${subject}`,
    '',
    certificate ?? '',
  ].join('\n')
}

function renderErasures(items: readonly Erasure[]): string {
  if (items.length === 0) return 'No erasure was requested yet.'
  const rows = items.map(({ subject, requestedAt, requestedBy, doneAt }) => [
    ...[subject, utcTime(requestedAt).slice(0, 19), requestedBy, doneAt ? utcTime(doneAt).slice(0, 19) : 'not yet'],
  ])
  return renderTable(['PERSON', 'REQUESTED (UTC)', 'BY', 'DONE (UTC)'], rows)
}

function renderHolds(holds: readonly LegalHold[]): string {
  if (holds.length === 0) return 'No legal hold stands.'
  const rows = holds.map(({ subject, name, setBy, setAt, reason }) => [subject, name, setBy, utcTime(setAt).slice(0, 19), reason])
  return renderTable(['PERSON', 'NAME', 'SET BY', 'SET (UTC)', 'REASON'], rows)
}

import type { Command } from 'commander'
import type { Proof } from '../operate/proof/prove.ts'
import { counted } from '../operate/say/counted.ts'
import { utcTime } from '../operate/say/say-time.ts'
import { type OpenUseCases, withUseCases } from './command-input.ts'
import { type Print, print as toStdout } from './print.ts'
import { renderTable } from './render-table.ts'

/** `proof`: everything that may exist only once, counted. Returns the command, which has proofs of its own below it. */
export function registerProofCommand(program: Command, open: OpenUseCases, print: Print = toStdout): Command {
  return program
    .command('proof')
    .description('prove that each account was opened once, one notification per transition, one order per request; exit 1 on any exception')
    .option('--here', 'only the checks that need no call to Paxos')
    .option('--json', 'print JSON')
    .action(async ({ here, json }: { here?: boolean; json?: boolean }) => {
      await withUseCases(open, async (useCases) => {
        const proof = await useCases.prove({ here })
        print(json ? JSON.stringify(proof, null, 2) : renderProof(proof))
        if (proof.exceptions > 0) process.exitCode = 1
      })
    })
}

function renderProof({ asOf, checks, exceptions, complete }: Proof): string {
  const rows = checks.map(({ name, claim, checked, exceptions, incomplete }) => [
    name,
    String(checked),
    String(exceptions.length),
    incomplete ? `${claim}. ${incomplete}` : claim,
  ])
  const listed = checks.flatMap((check) => check.exceptions.map(({ subject, problem }) => [check.name, subject, problem]))
  const verdict = `${counted(exceptions, 'exception')} at ${utcTime(asOf)}.${complete ? '' : ' Not everything was checked.'}`
  return [
    renderTable(['CHECK', 'CHECKED', 'EXCEPTIONS', 'CLAIM'], rows),
    ...(listed.length > 0 ? ['', renderTable(['CHECK', 'WHERE', 'PROBLEM'], listed)] : []),
    '',
    verdict,
  ].join('\n')
}

import type { Command } from 'commander'
import { GATEHOUSE } from '../platform/command-name.ts'
import type { PublicJwk } from '../platform/signed-claims.ts'
import type { Print } from './print.ts'
import { readText } from './read-input.ts'
import { writeOut } from './write-out.ts'

interface CertificateKind {
  /** The claims of the certificate in this text. Rejects if it does not hold. */
  verify: (text: string, key: PublicJwk) => Promise<object>
  /** Characters of the column of names. */
  width: number
}

/** `verify FILE --key FILE` of a noun that has certificates. */
export function registerVerify(noun: Command, print: Print, { verify, width }: CertificateKind): void {
  noun
    .command('verify')
    .description('verify a certificate offline: needs no database and no network; exit 1 if it does not hold')
    .argument('<file>', 'the certificate')
    .requiredOption('--key <file>', 'the public key, as reconcile key prints it')
    .option('--json', 'print JSON')
    .action(async (file: string, { key, json }: { key: string; json?: boolean }) => {
      const { readPublicJwk } = await import('../platform/signed-claims.ts')
      const claims = await verify(await readText(file), readPublicJwk(await readText(key)))
      if (json) return print(JSON.stringify(claims, null, 2))
      const rows = Object.entries(claims).map(([name, value]) => `${name.padEnd(width)} ${value}`)
      print(['The signature holds.', '', ...rows].join('\n'))
    })
}

/** Prints a certificate, or writes it to a file and says how to verify it. `noun` is the command that has `verify`. */
export function giveCertificate(text: string, { noun, out, print }: { noun: string; out: string | undefined; print: Print }): void {
  if (out === undefined) {
    print(text)
    return
  }
  writeOut(out, `${text}\n`)
  print(`Wrote ${out}. Verify it: ${GATEHOUSE} ${noun} verify ${out} --key <file of the public key>`)
}

import { basename, dirname } from 'node:path'

/**
 * The command by which the reader starts Gatehouse: each hint with a command begins with it. In the repository it is `./gatehouse` (`npm
 * start` and `npx` run the same file). In the image `gatehouse` is on the PATH.
 */
export const GATEHOUSE = commandName(process.argv[1] ?? '')

/** `script`: the file that Node runs. */
export function commandName(script: string): string {
  const throughNpm = basename(dirname(script)) === '.bin'
  return throughNpm || basename(script) === 'bootstrap.mjs' ? './gatehouse' : 'gatehouse'
}

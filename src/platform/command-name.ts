import { basename, dirname } from 'node:path'

/**
 * How the reader calls Gatehouse: each hint that names a command begins with it. A user of the repository types `./gatehouse` (`npm start` and
 * `npx` run the same file); in the image `gatehouse` is on the PATH.
 */
export const GATEHOUSE = commandName(process.argv[1] ?? '')

/** `script`: the file that Node was started with. */
export function commandName(script: string): string {
  const throughNpm = basename(dirname(script)) === '.bin'
  return throughNpm || basename(script) === 'bootstrap.mjs' ? './gatehouse' : 'gatehouse'
}

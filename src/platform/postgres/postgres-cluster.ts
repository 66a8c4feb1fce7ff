import { execFile } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { chmod, chown, link, mkdir, mkdtemp, readFile, realpath, rename, rm, stat, symlink, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { errorCode, errorMessage, ServiceUnavailableError } from '../app-error.ts'
import type { Logger } from '../logger.ts'
import { type PostgresBinaries, postgresBinaries, SHARED_DIRECTORY } from './postgres-binaries.ts'
import { type RunAs, unprivilegedUser } from './unprivileged-user.ts'

const run = promisify(execFile)

/** Environment of Postgres's programs: nothing of ours, and English messages in any locale. */
export const SERVER_ENVIRONMENT = { LC_ALL: 'C', TZ: 'UTC' }
export const SUPERUSER = 'gatehouse'

/** A data folder and what serving it needs. */
export interface Cluster {
  /** The real path of the data folder. */
  data: string
  logFile: string
  password: string
  runAs: RunAs
  binaries: PostgresBinaries
}

/**
 * Opens the data under `<directory>/postgres`, or creates it. Its password is in `<directory>/postgres-password` (mode 0600). As root, in a
 * folder that other users cannot enter, the data goes below SHARED_DIRECTORY, with a link at `<directory>/postgres`.
 * @throws ServiceUnavailableError with the remedy
 */
export async function openCluster({ directory, log }: { directory: string; log: Logger }): Promise<Cluster> {
  const path = join(directory, 'postgres')
  const passwordFile = join(directory, 'postgres-password')
  try {
    const owner = await ownerOf(path)
    const runAs = owner ?? runAsNobodySpecial()
    const binaries = await postgresBinaries(runAs)
    if (owner) await refuseWithoutPassword(passwordFile, path)
    await mkdir(directory, { recursive: true, mode: 0o755 })
    const password = await keptPassword(passwordFile)
    if (!owner) await create({ directory, path, password, runAs, binaries, log })
    const data = await realpath(path)
    await refuseOtherVersion(data, binaries)
    return { data, logFile: join(directory, 'postgres.log'), password, runAs, binaries }
  } catch (error) {
    if (error instanceof ServiceUnavailableError) throw error
    throw new ServiceUnavailableError(`The embedded Postgres cannot be set up under ${directory}: ${explain(errorMessage(error))}`, {
      cause: error,
    })
  }
}

/** The reason in one line, with the remedy if one is known. `text`: the output of a program of Postgres, or the system's message. */
export function explain(text: string): string {
  if (/No space left on device|ENOSPC/.test(text)) return 'the disk is full. Free some space and start again.'
  if (/EACCES|EPERM|Permission denied/.test(text))
    return `${lastLine(text)}. It belongs to another user: run Gatehouse as that user, or remove it to start with an empty database.`
  return `${lastLine(text)}. Fix it, or set DATABASE_URL to your own Postgres.`
}

/** The last line that names an error; hints and details follow it. */
function lastLine(text: string): string {
  const lines = text
    .split('\n')
    .map((line) => line.trim())
    .filter((line) => line !== '')
  const telling = lines.findLast((line) => /\b(FATAL|PANIC|ERROR|error):/.test(line)) ?? lines.at(-1) ?? 'it gives no reason'
  return telling.replace(/^.*?\b(FATAL|PANIC|ERROR|error):\s*/, '').replace(/\.$/, '')
}

/** The user that must serve existing data: the current one; for root, the data's owner. */
async function ownerOf(path: string): Promise<RunAs | null> {
  try {
    const { uid, gid } = await stat(path)
    if (process.getuid?.() !== 0) return {}
    return uid === 0 ? unprivilegedUser() : { uid, gid }
  } catch (error) {
    if (errorCode(error) === 'ENOENT') return null
    throw error
  }
}

function runAsNobodySpecial(): RunAs {
  const user = unprivilegedUser()
  if (user) return user
  throw new ServiceUnavailableError(
    'Postgres must not run as root, and this system has neither a user `postgres` nor `nobody` for it. Run Gatehouse as an ordinary user, ' +
      'or set DATABASE_URL to your own Postgres.',
  )
}

async function refuseWithoutPassword(passwordFile: string, path: string): Promise<void> {
  await stat(passwordFile).catch((cause: unknown) => {
    throw new ServiceUnavailableError(
      `${passwordFile} is missing, and the data in ${path} cannot be opened without it. Restore it, or remove ${path} to start with an empty database.`,
      { cause },
    )
  })
}

async function refuseOtherVersion(data: string, { major }: PostgresBinaries): Promise<void> {
  const made = (await readFile(join(data, 'PG_VERSION'), 'utf8').catch(() => '')).trim()
  if (made === major || made === '') return // Postgres itself reports an unreadable version
  throw new ServiceUnavailableError(
    `The data in ${data} was made by Postgres ${made}; the embedded one is ${major}. Move it with pg_dump of version ${made}, ` +
      `or remove it to start with an empty database.`,
  )
}

/** Reads the password, or creates it once. The file is linked into place, so that no process reads half of it. */
async function keptPassword(path: string): Promise<string> {
  const temporary = `${path}.${process.pid}`
  await writeFile(temporary, randomBytes(24).toString('base64url'), { mode: 0o600 })
  await link(temporary, path)
    .catch((error: unknown) => {
      if (errorCode(error) !== 'EEXIST') throw error
    })
    .finally(() => rm(temporary))
  return readFile(path, 'utf8')
}

interface CreateOptions {
  directory: string
  path: string
  password: string
  runAs: RunAs
  binaries: PostgresBinaries
  log: Logger
}

/** Creates the data beside its place and moves it there in one step. A kill leaves no partial data, and of two processes one succeeds. */
async function create({ directory, path, password, runAs, binaries, log }: CreateOptions): Promise<void> {
  const parent = await reachableDirectory(directory, runAs)
  const elsewhere = parent !== directory
  const fresh = join(parent, `postgres.${process.pid}`)
  const passwordFile = `${fresh}.password`
  log.info(
    elsewhere
      ? `making the embedded Postgres's data in ${parent} (as root, Postgres runs as another user, who cannot enter ${directory})`
      : `making the embedded Postgres's data in ${path}`,
  )
  try {
    await mkdir(fresh, { mode: 0o700 })
    await writeFile(passwordFile, password, { mode: 0o600 })
    if (runAs.uid !== undefined && runAs.gid !== undefined)
      await Promise.all([fresh, passwordFile].map((file) => chown(file, Number(runAs.uid), Number(runAs.gid))))
    // The builtin locale needs no locale of the system and sorts alike on every machine.
    const locale = ['--no-locale', '--locale-provider=builtin', '--builtin-locale=C.UTF-8', '--encoding=UTF8']
    const access = [`--username=${SUPERUSER}`, '--auth=scram-sha-256', `--pwfile=${passwordFile}`]
    await run(binaries.initdb, ['-D', fresh, ...locale, ...access, '--no-instructions'], { ...runAs, cwd: parent, env: SERVER_ENVIRONMENT })
    if (elsewhere) {
      await rename(fresh, join(parent, 'postgres'))
      await symlink(join(parent, 'postgres'), path)
    } else await rename(fresh, path)
  } catch (error) {
    await Promise.all([fresh, ...(elsewhere ? [parent] : [])].map((folder) => rm(folder, { recursive: true, force: true })))
    const another = ['EEXIST', 'ENOTEMPTY', 'EPERM'].includes(errorCode(error)) && (await ownerOf(path))
    if (!another) throw Object.assign(new Error(messageOf(error)), { cause: error })
  } finally {
    await rm(passwordFile, { force: true })
  }
}

/** The output of a failed program, else the system's message. */
function messageOf(error: unknown): string {
  const stderr = error instanceof Error && 'stderr' in error ? String(error.stderr).trim() : ''
  return stderr || errorMessage(error)
}

/** `directory`; when Postgres's user cannot enter it, a new folder that it can enter. */
async function reachableDirectory(directory: string, runAs: RunAs): Promise<string> {
  if (runAs.uid === undefined) return directory
  try {
    await run('test', ['-x', directory], { ...runAs, cwd: '/' })
    return directory
  } catch {
    await mkdir(SHARED_DIRECTORY, { recursive: true, mode: 0o755 })
    const name = directory
      .replaceAll(/[^A-Za-z0-9]+/g, '-')
      .replace(/^-/, '')
      .slice(-80)
    const folder = await mkdtemp(join(SHARED_DIRECTORY, `${name}-`))
    await chmod(folder, 0o755)
    return folder
  }
}

import { execFile } from 'node:child_process'
import { mkdir, readdir, rename, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { promisify } from 'node:util'
import type { RedisProgram } from './redis-server.ts'

const run = promisify(execFile)

interface FetchOptions {
  /** The folder that keeps it between runs. */
  directory: string
  starts: (program: RedisProgram) => Promise<boolean>
  say: (line: string) => void
}

/**
 * Redis from the system's packages, unpacked into `directory`: apt with lists and a cache of its own needs no root, and installs nothing. A
 * fetched package is used again.
 * @throws an error with the remedy when the system has no apt, or apt fails
 */
export async function fetchRedis({ directory, starts, say }: FetchOptions): Promise<RedisProgram> {
  const kept = await programIn(directory)
  if (kept && (await starts(kept))) return kept
  const remedy =
    'The tests need a Redis: start Docker, or install redis-server (`apt-get install redis-server`, `brew install redis`), or set REDIS_URL.'
  const work = `${directory}.${process.pid}`
  try {
    say('fetching Redis from the system packages, without installing it')
    await download(work)
    const fetched = await programIn(work)
    if (!fetched || !(await starts(fetched))) throw new Error('the fetched redis-server does not run here')
    await rm(directory, { recursive: true, force: true })
    await rename(work, directory)
  } catch (error) {
    const { code, stderr, message } = error as Error & { code?: unknown; stderr?: string }
    const why = code === 'ENOENT' ? 'this system has no apt' : stderr?.trim() || message
    throw new Error(`${remedy}\nFetching one did not work: ${why}`, { cause: error })
  } finally {
    await rm(work, { recursive: true, force: true })
  }
  const program = await programIn(directory)
  if (!program) throw new Error(remedy)
  return program
}

async function download(work: string): Promise<void> {
  const folders = ['lists/partial', 'cache/archives/partial', 'root'].map((folder) => join(work, folder))
  for (const folder of folders) await mkdir(folder, { recursive: true })
  const settings = {
    'Dir::State::Lists': join(work, 'lists'),
    'Dir::Cache': join(work, 'cache'),
    'Debug::NoLocking': 'true', // the system's locks are root's
    'APT::Sandbox::User': '', // as root, apt would download as a user who cannot write here
  }
  const flags = Object.entries(settings).flatMap(([name, value]) => ['-o', `${name}=${value}`])
  const apt = (args: string[]): Promise<{ stdout: string }> => run('apt-get', [...flags, ...args], { cwd: work, maxBuffer: 10_000_000 })
  await apt(['update', '--quiet'])
  const { stdout } = await apt(['install', '--simulate', '--no-install-recommends', 'redis-server'])
  const missing = [...stdout.matchAll(/^Inst (\S+)/gm)].map(([, name]) => name ?? '')
  await apt(['download', ...new Set(['redis-server', 'redis-tools', ...missing])]) // redis-server is a link to a program of redis-tools
  for (const file of await readdir(work)) if (file.endsWith('.deb')) await run('dpkg', ['-x', join(work, file), join(work, 'root')])
}

/** The server in an unpacked folder, with every folder that may hold one of its libraries. */
async function programIn(directory: string): Promise<RedisProgram | null> {
  try {
    const libraries = []
    for (const parent of ['lib', 'usr/lib']) {
      const names = await readdir(join(directory, 'root', parent)).catch(() => [])
      libraries.push(...names.map((name) => join(directory, 'root', parent, name)))
    }
    await readdir(join(directory, 'root'))
    return { path: join(directory, 'root/usr/bin/redis-server'), libraryPath: libraries.join(':') }
  } catch {
    return null
  }
}

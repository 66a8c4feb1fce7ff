import { spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { chmod, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { connect } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { freePort } from '../../src/platform/free-port.ts'
import { endWithProcess } from '../support/end-with-process.ts'

const PROGRAM = 'pgbouncer'
const START_TIMEOUT_MS = 10_000
/** PgBouncer refuses to run as root. Debian's package brings `postgres`; every system has `nobody`. */
const RUN_AS = 'nobody'

/** Whether PgBouncer is installed here. CI installs Debian's 1.18; without it, the tests that need it are skipped. */
export function hasPgBouncer(): boolean {
  return spawnSync(PROGRAM, ['--version']).status === 0
}

/**
 * A real PgBouncer in transaction mode with two server connections, so that the statements of one session use several of them. `url`: the
 * address of a database through it.
 */
export async function startPgBouncer(databaseUrl: string): Promise<{ url: string; close(): Promise<void> }> {
  const directory = await mkdtemp(join(tmpdir(), 'gatehouse-pgbouncer-'))
  await chmod(directory, 0o755)
  const port = await freePort()
  const to = new URL(databaseUrl)
  const settings = {
    listen_addr: '127.0.0.1',
    listen_port: port,
    unix_socket_dir: '',
    auth_type: 'plain',
    auth_file: join(directory, 'users'),
    pool_mode: 'transaction',
    default_pool_size: 2,
    max_client_conn: 200,
  }
  const lines = Object.entries(settings).map(([name, value]) => `${name} = ${value}`)
  const database = to.pathname.slice(1)
  const line = `${database} = host=${to.hostname} port=${to.port} user=${to.username} password=${decodeURIComponent(to.password)}`
  await writeFile(join(directory, 'pgbouncer.ini'), `[databases]\n${line}\n[pgbouncer]\n${lines.join('\n')}\n`)
  await writeFile(join(directory, 'users'), `"${to.username}" "${decodeURIComponent(to.password)}"\n`)
  const asRoot = process.getuid?.() === 0
  const child = spawn(PROGRAM, ['--quiet', ...(asRoot ? ['--user', RUN_AS] : []), join(directory, 'pgbouncer.ini')], {
    stdio: ['ignore', 'ignore', 'pipe'],
  })
  let said = ''
  child.stderr.on('data', (chunk) => {
    said = `${said}${chunk}`.slice(-2_000)
  })
  const withdraw = endWithProcess(() => void child.kill('SIGKILL'))
  for (const deadline = Date.now() + START_TIMEOUT_MS; !(await listens(port)); await sleep(50)) {
    if (child.exitCode !== null || Date.now() > deadline) throw new Error(`pgbouncer does not start:\n${said}`)
  }
  const url = Object.assign(new URL(databaseUrl), { hostname: '127.0.0.1', port: String(port) })
  url.searchParams.set('pgbouncer', 'true')
  return {
    url: url.href,
    close: async () => {
      child.kill('SIGKILL')
      if (child.exitCode === null && child.signalCode === null) await once(child, 'exit')
      withdraw()
      await rm(directory, { recursive: true, force: true })
    },
  }
}

function listens(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1', () => resolve(true)).on('error', () => resolve(false))
    socket.on('connect', () => socket.destroy())
  })
}

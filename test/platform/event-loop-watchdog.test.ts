import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'
import { describe, expect, it, onTestFinished } from 'vitest'

const PROJECT = fileURLToPath(new URL('../..', import.meta.url))

/** A process under the watchdog. It tells on standard output what it does. */
function run(script: string, { limitMs = 1_000 } = {}) {
  const source = `import { startEventLoopWatchdog } from './src/platform/event-loop-watchdog.ts'
    import { createLogger } from './src/platform/logger.ts'
    const stop = startEventLoopWatchdog({ limitMs: ${limitMs}, logger: createLogger({ level: 'warn' }) })
    const block = (ms) => { for (const until = Date.now() + ms; Date.now() < until; ); }
    ${script}`
  const child = spawn(process.execPath, ['--input-type=module', '--eval', source], { cwd: PROJECT })
  onTestFinished(() => void child.kill('SIGKILL'))
  const heard = { out: '', err: '' }
  child.stdout.on('data', (chunk) => (heard.out += chunk))
  child.stderr.on('data', (chunk) => (heard.err += chunk))
  return { heard, ended: once(child, 'close') as Promise<[number | null, NodeJS.Signals | null]> }
}

describe('the event loop watchdog', () => {
  it('kills a process whose event loop no longer turns, and logs why', async () => {
    const { ended, heard } = run('setTimeout(() => { for (;;); }, 100)')
    expect(await ended).toEqual([null, 'SIGKILL'])
    expect(JSON.parse(heard.err)).toMatchObject({ level: 60, msg: expect.stringContaining('the event loop has not turned for 1 s') })
  })

  it('spares a slow process that yields, and keeps no process alive', async () => {
    const script = `for (let n = 0; n < 6; n += 1) { block(1_000); await new Promise((turn) => setTimeout(turn, 550)) }; console.log('done')`
    const { ended, heard } = run(script, { limitMs: 4_000 })
    expect(await ended).toEqual([0, null])
    expect(heard).toEqual({ out: 'done\n', err: '' })
  })

  it('does nothing after it was stopped', async () => {
    const { ended, heard } = run(`await stop(); block(2_500); console.log('done')`)
    expect(await ended).toEqual([0, null])
    expect(heard.out).toBe('done\n')
  })
})

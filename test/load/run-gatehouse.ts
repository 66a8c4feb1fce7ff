import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import { onTestFinished as ofTheTest } from 'vitest'

const CLI = join(import.meta.dirname, '../../src/cli/gatehouse.ts')

export interface Running {
  process: ChildProcess
  receiverUrl: string
  operatorUrl: string
  /** Its output. */
  output(): string
}

/**
 * `gatehouse start` as a process of its own, on free ports, with only the PATH of this machine's environment. It ends with the test. One
 * that runs beside others passes its own `onTestFinished`.
 */
export async function runGatehouse(env: Record<string, string>, { onTestFinished = ofTheTest } = {}): Promise<Running> {
  const child = spawn(process.execPath, [CLI, 'start', '--no-first-onboarding'], {
    env: { PATH: process.env.PATH ?? '', NODE_ENV: 'development', PORT: '0', OPERATOR_PORT: '0', SANDBOX_PORT: '0', ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  let printed = ''
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (chunk: Buffer) => (printed += chunk.toString()))
  onTestFinished(async () => {
    if (child.exitCode !== null || child.signalCode !== null) return
    child.kill('SIGTERM')
    await once(child, 'exit')
  })
  await new Promise<void>((resolve, reject) => {
    child.stdout.on('data', () => printed.includes('Gatehouse is running') && resolve())
    child.once('exit', (code) => reject(new Error(`gatehouse start ended with ${code}:\n${printed}`)))
  })
  const url = (role: string): string => new RegExp(`^\\s+${role}\\s+(http://\\S+)`, 'm').exec(printed)?.[1] ?? ''
  return { process: child, receiverUrl: url('receiver'), operatorUrl: url('operator'), output: () => printed }
}

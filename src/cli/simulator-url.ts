import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { STATE_DIRECTORY, settings } from './settings.ts'

/** The URL of the simulator that `npm start` runs here, or that the configuration names. */
export function simulatorUrl(): string {
  try {
    const { simulator } = JSON.parse(readFileSync(join(STATE_DIRECTORY, 'running.json'), 'utf8')) as { simulator: string | null }
    if (simulator !== null) return simulator
  } catch {
    // no simulator runs here: use the configured URL
  }
  const { sandbox } = settings('sandbox').config
  return sandbox.url ?? `http://127.0.0.1:${sandbox.port}`
}

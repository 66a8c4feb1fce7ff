import { randomBytes } from 'node:crypto'
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { z } from 'zod'

const Secrets = z.object({
  operatorToken: z.string().min(16),
  webhookApiKey: z.string().min(16),
  /** base64, 32 bytes. */
  encryptionKey: z.base64(),
})
/** Secrets of a development machine that are not configured: generated once, kept under `.gatehouse/`, never used in production. */
export type DevelopmentSecrets = z.output<typeof Secrets> & { /** This call generated them. */ fresh: boolean }

/** Reads `<directory>/secrets.json`, or creates it (mode 0600). A damaged file is an error: its encryption key may be in use. */
export function developmentSecrets(directory: string): DevelopmentSecrets {
  const path = join(directory, 'secrets.json')
  const known = read(path)
  if (known !== null) return { ...Secrets.parse(JSON.parse(known)), fresh: false }
  const made = {
    operatorToken: randomBytes(24).toString('base64url'),
    webhookApiKey: randomBytes(24).toString('base64url'),
    encryptionKey: randomBytes(32).toString('base64'),
  }
  mkdirSync(directory, { recursive: true, mode: 0o755 })
  try {
    writeFileSync(path, `${JSON.stringify(made, null, 2)}\n`, { mode: 0o600, flag: 'wx' })
  } catch (error) {
    if (!isCode(error, 'EEXIST')) throw error
    return developmentSecrets(directory) // another process was faster: its secrets count
  }
  return { ...made, fresh: true }
}

function read(path: string): string | null {
  try {
    return readFileSync(path, 'utf8')
  } catch (error) {
    if (isCode(error, 'ENOENT')) return null
    throw error
  }
}

function isCode(error: unknown, code: string): boolean {
  return error instanceof Error && 'code' in error && error.code === code
}

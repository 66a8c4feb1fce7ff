import { randomBytes } from 'node:crypto'
import type { SandboxSettings } from '../control/sandbox-settings.ts'

export interface SandboxClient {
  id: string
  secret: string
  scopes: readonly string[]
}

/** The rights of a bearer token. `scope` is as granted: space-delimited. */
export interface Grant {
  clientId: string
  scope: string
  scopes: ReadonlySet<string>
  expiresAtMs: number
}

/** Opaque access tokens. Unlike all else they are not drawn from the seed: they are secrets and no part of the story. */
export class TokenStore {
  #settings: SandboxSettings
  #grants = new Map<string, Grant>()

  constructor({ settings }: { settings: SandboxSettings }) {
    this.#settings = settings
  }

  issue(clientId: string, scopes: readonly string[]): { token: string; expiresInSeconds: number; scope: string } {
    const token = randomBytes(24).toString('base64url')
    const expiresInSeconds = this.#settings.tokenTtlSeconds
    const scope = scopes.join(' ')
    this.#grants.set(token, { clientId, scope, scopes: new Set(scopes), expiresAtMs: Date.now() + expiresInSeconds * 1000 })
    return { token, expiresInSeconds, scope }
  }

  /** `null` when unknown or expired. */
  grantOf(token: string): Grant | null {
    const grant = this.#grants.get(token)
    if (!grant) return null
    if (grant.expiresAtMs > Date.now()) return grant
    this.#grants.delete(token)
    return null
  }

  /** Ends every token: the next call of each client gets 401. */
  revokeAll(): number {
    const count = this.#grants.size
    this.#grants.clear()
    return count
  }
}

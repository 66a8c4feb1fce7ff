import { execFileSync } from 'node:child_process'

/** The user that a server runs as, in the terms of `child_process`. Empty: the current user. */
export type RunAs = { uid?: number; gid?: number }

/**
 * The user for Postgres, which refuses to run as root: the current one; for root an existing unprivileged user (`postgres`, else `nobody`).
 * Null: the current user is root and neither exists.
 */
export function unprivilegedUser(): RunAs | null {
  if (process.getuid?.() !== 0) return {}
  for (const name of ['postgres', 'nobody']) {
    const uid = numericId('-u', name)
    const gid = numericId('-g', name)
    if (uid && gid) return { uid, gid }
  }
  return null
}

function numericId(flag: '-u' | '-g', name: string): number | null {
  try {
    return Number(execFileSync('id', [flag, name], { encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] }))
  } catch {
    return null
  }
}

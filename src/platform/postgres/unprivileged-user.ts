import { execFileSync } from 'node:child_process'

/** Whom a server runs as, in the words of `child_process`. Empty: as ourselves. */
export type RunAs = { uid?: number; gid?: number }

/**
 * Whom Postgres, which refuses to run as root, may run as: ourselves unless we are root, else an unprivileged user that exists
 * already (`postgres`, else `nobody`). Null: root, and neither is there.
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

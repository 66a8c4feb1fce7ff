import { createHmac, hkdfSync, timingSafeEqual } from 'node:crypto'
import { z } from 'zod'

/** Who is logged in, and until when (milliseconds since 1970). */
const Session = z.strictObject({ operator: z.string().min(1), expiresAt: z.int() })
export type Session = z.output<typeof Session>

export const SESSION_SECONDS = 12 * 3_600

/** Seals sessions into cookies and opens them. A new operator token ends them all, since the key comes from it. */
export interface SessionSeal {
  seal(session: Session): string
  /** Null for what was changed, is over, or was sealed under another token. */
  open(sealed: string | undefined, now: number): Session | null
}

export function createSessionSeal(token: string): SessionSeal {
  const key = Buffer.from(hkdfSync('sha256', token, '', 'gatehouse/operator-session', 32))
  const sign = (content: string): Buffer => createHmac('sha256', key).update(content).digest()
  return {
    seal: (session) => {
      const content = Buffer.from(JSON.stringify(session)).toString('base64url')
      return `${content}.${sign(content).toString('base64url')}`
    },
    open: (sealed = '', now) => {
      const [content = '', signature = ''] = sealed.split('.')
      const given = Buffer.from(signature, 'base64url')
      const expected = sign(content)
      if (given.length !== expected.length || !timingSafeEqual(given, expected)) return null
      const session = Session.parse(JSON.parse(Buffer.from(content, 'base64url').toString())) // signed, so ours
      return session.expiresAt > now ? session : null
    },
  }
}

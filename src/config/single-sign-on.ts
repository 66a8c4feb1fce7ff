import { z } from 'zod'
import { httpUrl, list } from './value-schemas.ts'

/** The roles of operators (domain/roles.ts; a test compares). */
export const ROLE_WORDS = ['viewer', 'operator', 'approver', 'admin'] as const
type RoleWord = (typeof ROLE_WORDS)[number]

/** `gatehouse-admins=admin,ops=operator`: what the claim may hold, and the role for it. */
const roleMap = list.transform((items, context): Readonly<Record<string, RoleWord>> => {
  const pairs = items.map((item) => {
    const at = item.lastIndexOf('=')
    return [item.slice(0, at).trim(), ROLE_WORDS.find((role) => role === item.slice(at + 1).trim())] as const
  })
  const complete = pairs.filter((pair): pair is readonly [string, RoleWord] => pair[0] !== '' && pair[1] !== undefined)
  if (complete.length > 0 && complete.length === pairs.length) return Object.fromEntries(complete)
  context.addIssue(`must list groups with their role (${ROLE_WORDS.join(', ')}) such as gatehouse-admins=admin,support=viewer`)
  return {}
})

/** The provider, our credentials there, and what its claims mean. */
export interface SingleSignOn {
  issuer: string
  clientId: string
  clientSecret: string
  redirectUrl: string
  scopes: string
  roleClaim: string
  nameClaim: string
  roles: Readonly<Record<string, RoleWord>>
}

/** Login on the pages by single sign-on (OpenID Connect). All of the first five, or none. */
export const SINGLE_SIGN_ON = {
  OIDC_ISSUER: httpUrl.optional(),
  OIDC_CLIENT_ID: z.string().min(1).optional(),
  OIDC_CLIENT_SECRET: z.string().min(1).optional(),
  OIDC_REDIRECT_URL: httpUrl
    .refine((url) => !URL.canParse(url) || new URL(url).pathname === '/login/oidc/callback', 'must end in /login/oidc/callback')
    .optional(),
  OIDC_ROLES: roleMap.optional(),
  OIDC_ROLE_CLAIM: z.string().min(1).default('groups'),
  OIDC_NAME_CLAIM: z.string().min(1).default('preferred_username'),
  OIDC_SCOPES: z
    .string()
    .refine((scopes) => scopes.split(/\s+/).includes('openid'), 'must hold openid')
    .default('openid profile'),
}

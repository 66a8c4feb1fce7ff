import { describe, expect, it } from 'vitest'
import { loadConfig } from '../../src/config/load-config.ts'
import { ROLE_WORDS } from '../../src/config/single-sign-on.ts'
import { ROLES } from '../../src/domain/roles.ts'

const COMPLETE = {
  OIDC_ISSUER: 'https://login.example.com',
  OIDC_CLIENT_ID: 'gatehouse',
  OIDC_CLIENT_SECRET: 'a-secret-of-this-test',
  OIDC_REDIRECT_URL: 'https://gatehouse.example.com/login/oidc/callback',
  OIDC_ROLES: 'cn=admins,dc=example=admin, support=viewer',
}
const load = (env: NodeJS.ProcessEnv) => loadConfig({ directory: '/nowhere', env, role: 'operator' })
const problems = (env: NodeJS.ProcessEnv): string => {
  try {
    load(env)
    return ''
  } catch (error) {
    return String(error)
  }
}

describe('the variables of single sign-on', () => {
  it('are off by default', () => {
    expect(load({}).singleSignOn).toBeNull()
  })

  it('give the provider, the claims, and a role for each group', () => {
    expect(load({ ...COMPLETE, OIDC_ROLES: 'admins=admin, support=viewer' }).singleSignOn).toEqual({
      ...{ issuer: COMPLETE.OIDC_ISSUER, clientId: 'gatehouse', clientSecret: COMPLETE.OIDC_CLIENT_SECRET },
      ...{ redirectUrl: COMPLETE.OIDC_REDIRECT_URL, scopes: 'openid profile', roleClaim: 'groups', nameClaim: 'preferred_username' },
      roles: { admins: 'admin', support: 'viewer' },
    })
  })

  it('know the roles of the core', () => {
    expect(ROLE_WORDS).toEqual(ROLES)
  })

  it.each([
    [{ OIDC_ROLES: 'admins=chief' }, 'OIDC_ROLES must list groups with their role (viewer, operator, approver, admin)'],
    [{ OIDC_ROLES: COMPLETE.OIDC_ROLES }, 'OIDC_ROLES must list groups'],
    [{ OIDC_SCOPES: 'profile' }, 'OIDC_SCOPES must hold openid'],
    [{ OIDC_REDIRECT_URL: 'https://gatehouse.example.com/' }, 'OIDC_REDIRECT_URL must end in /login/oidc/callback'],
    [{ OIDC_ISSUER: 'http://login.example.com', OIDC_ROLES: 'a=admin' }, 'OIDC_ISSUER must be https:// beyond this machine'],
    [{ OIDC_CLIENT_SECRET: '', OIDC_ISSUER: '', OIDC_ROLES: 'a=admin' }, 'OIDC_CLIENT_SECRET is missing: single sign-on needs OIDC_ISSUER'],
  ])('refuse %o by name', (changed, said) => {
    expect(problems({ ...COMPLETE, ...changed })).toContain(said)
  })

  it('are read by the operator alone', () => {
    expect(loadConfig({ directory: '/nowhere', env: { ...COMPLETE, OIDC_ROLES: 'a=admin' }, role: 'worker' }).singleSignOn).toBeNull()
  })
})

import { readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { lesserRole, PERMISSION_NAMES, permissionsOf, permits, ROLES, rolesWith } from '../../../src/domain/roles.ts'
import { asCaller, currentCaller } from '../../../src/operate/access/caller.ts'
import { guardUseCases } from '../../../src/operate/access/guard-use-cases.ts'
import { USE_CASE_PERMISSIONS } from '../../../src/operate/access/use-case-permissions.ts'
import type { OperatorUseCases } from '../../../src/operate/use-cases.ts'

describe('the roles', () => {
  it('have at least 14 permissions, and each permission belongs to the admin', () => {
    expect(PERMISSION_NAMES.length).toBeGreaterThanOrEqual(14)
    expect([...permissionsOf('admin')].sort()).toEqual([...PERMISSION_NAMES].sort())
  })

  it('grow: each has every permission of the role before it, and at least one more', () => {
    for (const [n, role] of ROLES.entries()) {
      const before = n === 0 ? [] : permissionsOf(ROLES[n - 1] ?? role)
      expect(permissionsOf(role)).toEqual(expect.arrayContaining([...before]))
      expect(permissionsOf(role).length).toBeGreaterThan(before.length)
    }
  })

  it('C5: give a viewer no permission but to read', () => {
    expect(permissionsOf('viewer').filter((permission) => !permission.endsWith('.read'))).toEqual([])
  })

  it('keep the approval, the keys and the operators from those who only operate', () => {
    expect(rolesWith('replay.approve')).toEqual(['approver', 'admin'])
    expect(rolesWith('key.promote')).toEqual(['approver', 'admin'])
    expect(rolesWith('operator.manage')).toEqual(['admin'])
  })

  it('compare: the lesser of two is the one with fewer permissions', () => {
    expect([lesserRole('admin', 'viewer'), lesserRole('operator', 'approver'), lesserRole('admin', 'admin')]).toEqual([
      ...['viewer', 'operator', 'admin'],
    ])
  })
})

it('the page docs/security.md lists each role with the permissions that it adds', () => {
  const page = readFileSync(new URL('../../../docs/security.md', import.meta.url), 'utf8')
  for (const [n, role] of ROLES.entries()) {
    const [, listed = ''] = new RegExp(`^\\| \`${role}\` \\| (.*) \\|$`, 'm').exec(page) ?? []
    const before = n === 0 ? [] : permissionsOf(ROLES[n - 1] ?? role)
    expect([...listed.matchAll(/`([a-z.]+)`/g)].map(([, name]) => name)).toEqual(
      permissionsOf(role).filter((each) => !before.includes(each)),
    )
  }
})

/** Use cases that only say that they ran. */
const DOUBLES = Object.fromEntries(Object.keys(USE_CASE_PERMISSIONS).map((name) => [name, async () => name])) as unknown as Record<
  string,
  () => Promise<string>
>
const guarded = guardUseCases(DOUBLES as unknown as OperatorUseCases, currentCaller) as unknown as typeof DOUBLES

describe.each(ROLES)('C5: the guard of the use cases, for a caller of role %s', (role) => {
  const as = (name: string): Promise<string> | undefined =>
    asCaller({ kind: 'operator', name: 'Ada', role, credential: { kind: 'bootstrap' } }, () => guarded[name]?.())
  for (const [name, permission] of Object.entries(USE_CASE_PERMISSIONS)) {
    if (permission === null) continue
    const allowed = permits(role, permission)
    it(`${allowed ? 'runs' : 'refuses'} ${name}`, async () => {
      if (allowed) expect(await as(name)).toBe(name)
      else await expect(as(name)).rejects.toMatchObject({ code: 'PERMISSION_MISSING', permission })
    })
  }
})

describe('the guard of the use cases', () => {
  it('refuses to start with a use case that declares no permission, and says where to add it', () => {
    const more = { ...DOUBLES, eraseEverything: async () => 'done' } as unknown as OperatorUseCases
    expect(() => guardUseCases(more, currentCaller)).toThrow('eraseEverything declares no permission: add it to src/operate/access')
  })

  it('runs nothing outside of a request', async () => {
    await expect(guarded.home?.()).rejects.toThrow('outside of a request')
  })

  it('names the permission that is missing, what it allows, the roles that have it and who can grant it', async () => {
    const refused = asCaller({ kind: 'operator', name: 'Ada', role: 'viewer', credential: { kind: 'bootstrap' } }, () =>
      guarded.approveReplay?.(),
    )
    await expect(refused).rejects.toThrow(
      /The role viewer of Ada lacks the permission replay.approve \(approve a replay.*approver and admin have it\. An admin can grant it: page Operators/,
    )
  })
})

/** The roles of operators. Each role has the permissions of the roles before it, and its own. */
export const ROLES = ['viewer', 'operator', 'approver', 'admin'] as const
export type Role = (typeof ROLES)[number]

/** Every permission, and what it allows. */
export const PERMISSIONS = {
  'status.read': 'see problems, counts, the queue and the webhook keys',
  'customer.read': 'see customers, their accounts, documents and history',
  'trade.read': 'see markets, balances, orders, quotes and transfers',
  'event.read': 'see events, issues and replays',
  'proof.read': 'see reconciliations, certificates and the proof',
  'audit.read': 'see what operators did',
  'delivery.read': 'see the bodies of deliveries, which may hold anything that a sender wrote',
  'customer.create': 'onboard customers and open accounts',
  'customer.change': "correct a customer's data, upload documents, change members, confirm a KYC refresh",
  'trade.place': 'place and cancel orders, execute quotes',
  'money.move': 'deposit test money and request deposit instructions',
  'event.dismiss': 'dismiss an event that cannot succeed, and restore it',
  'key.leak': 'mark a webhook key as leaked',
  'issue.treat': 'acknowledge, mute, resolve, reopen and annotate issues',
  'replay.plan': 'plan a replay',
  'replay.steer': 'pause, resume, cancel and discard a replay',
  'queue.steer': 'pause, resume and rebuild the queue',
  'reconcile.request': 'request a reconciliation',
  'notice.test': 'send a test notification or a test alert',
  'replay.approve': 'approve a replay, also as the second person',
  'customer.control': 'restrict, close and reactivate customers and accounts, decide about duplicate persons',
  'key.promote': 'trust a demoted webhook key again',
  'customer.export': 'export all data of a customer, what is sealed included',
  'customer.erase': 'erase the personal data of a customer',
  'vault.rotate': 'encrypt the personal data under another ENCRYPTION_KEY',
  'operator.manage': 'add and remove operators, change roles, create and revoke tokens, end sessions',
} as const satisfies Record<string, string>
export type Permission = keyof typeof PERMISSIONS
export const PERMISSION_NAMES = Object.keys(PERMISSIONS) as readonly Permission[]

/** What each role may do beyond the role before it. */
const ADDED: Readonly<Record<Role, readonly Permission[]>> = {
  viewer: ['status.read', 'customer.read', 'trade.read', 'event.read', 'proof.read', 'audit.read'],
  operator: [
    ...([
      'delivery.read',
      'customer.create',
      'customer.change',
      'trade.place',
      'money.move',
      'event.dismiss',
      'key.leak',
      'issue.treat',
    ] as const),
    ...(['replay.plan', 'replay.steer', 'queue.steer', 'reconcile.request', 'notice.test'] as const),
  ],
  approver: ['replay.approve', 'customer.control', 'key.promote'],
  admin: ['customer.export', 'customer.erase', 'vault.rotate', 'operator.manage'],
}

/** The one place that decides what a role may do. */
export function permits(role: Role, permission: Permission): boolean {
  return permissionsOf(role).includes(permission)
}

/** All permissions of a role, its own and those of the roles before it. */
export function permissionsOf(role: Role): readonly Permission[] {
  return ROLES.slice(0, ROLES.indexOf(role) + 1).flatMap((each) => ADDED[each])
}

/** The roles that have a permission, the smallest first. */
export function rolesWith(permission: Permission): readonly Role[] {
  return ROLES.filter((role) => permits(role, permission))
}

/** The role with fewer permissions. */
export function lesserRole(one: Role, other: Role): Role {
  return ROLES.indexOf(one) <= ROLES.indexOf(other) ? one : other
}

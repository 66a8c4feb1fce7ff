import { type Permission, permits, type Role } from '../domain/roles.ts'
import { sayMissing } from '../operate/access/authorise.ts'
import type { Caller } from '../operate/access/caller.ts'
import { type Html, type HtmlValue, html } from './html.ts'

/** The operator who reads a page. */
export interface PageOperator {
  readonly name: string
  readonly role: Role
}

export function pageOperator({ name, role }: Caller): PageOperator {
  return { name, role }
}

/** Whether to offer what needs the permission. */
export function may({ role }: PageOperator, permission: Permission): boolean {
  return permits(role, permission)
}

/** What an operator can do on a page; without the permission, the reason why it is not there. */
export function offer(operator: PageOperator, permission: Permission, content: () => HtmlValue): Html {
  return may(operator, permission) ? html`${content()}` : html`<p class="hint">${sayMissing(operator, permission)}</p>`
}

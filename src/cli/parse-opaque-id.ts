import { InvalidArgumentError } from 'commander'
import { OpaqueId } from '../operate/input/amount-input.ts'

/** An id of Paxos or Gatehouse as an argument: an opaque text. */
export function parseOpaqueId(text: string): string {
  const id = OpaqueId.safeParse(text)
  if (!id.success) throw new InvalidArgumentError('An id has letters, digits, - and _.')
  return id.data
}

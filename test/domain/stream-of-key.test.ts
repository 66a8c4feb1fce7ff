import { describe, expect, it } from 'vitest'
import { intendedEffect } from '../../src/domain/effect.ts'
import { notificationKey } from '../../src/domain/notification.ts'
import { accountEffect } from '../../src/domain/onboarding/account-effect.ts'
import { streamOfKey } from '../../src/domain/stream-of-key.ts'

const IDENTITY = '7f0f5b7e-2d83-4e7c-9a52-2a6a0c6e5d10'
const ORDER = `order-${'ab12'.repeat(8)}`
const EXECUTION = `quote-execution-${'ab12'.repeat(8)}`
const TRANSFER = `transfer-${'ab12'.repeat(8)}`
const INSTRUCTIONS = `instructions-${'ab12'.repeat(8)}`
const MEMBERS = `members-${'ab12'.repeat(8)}`
const WIRE = `wire-${'ab12'.repeat(8)}`
const DEPOSIT = `deposit-${'ab12'.repeat(8)}`

describe('the stream of a key', () => {
  it.each([
    [accountEffect(IDENTITY).key, IDENTITY],
    [notificationKey(IDENTITY, 'documents_required', 12), IDENTITY],
    [notificationKey(ORDER, 'filled', 1), ORDER],
    [intendedEffect(ORDER, { kind: 'place-order' }).key, ORDER],
    [intendedEffect(ORDER, { kind: 'cancel-order', number: 2 }).key, ORDER],
    [intendedEffect(EXECUTION, { kind: 'execute-quote' }).key, EXECUTION],
    [intendedEffect(DEPOSIT, { kind: 'fund-account' }).key, DEPOSIT],
    [intendedEffect(INSTRUCTIONS, { kind: 'create-deposit-instructions' }).key, INSTRUCTIONS],
    [intendedEffect(MEMBERS, { kind: 'add-members' }).key, MEMBERS],
    [intendedEffect(MEMBERS, { kind: 'remove-member' }).key, MEMBERS],
    [intendedEffect(WIRE, { kind: 'send-wire' }).key, WIRE],
    [notificationKey(TRANSFER, 'completed', 1), TRANSFER],
    [intendedEffect('identity_request_9', { kind: 'create-identity' }).key, 'identity_request_9'],
    [intendedEffect(IDENTITY, { kind: 'upload-document', name: 'proof_of_funds', number: 3 }).key, IDENTITY],
    [accountEffect(IDENTITY).key.slice(0, 30), IDENTITY.slice(0, 12)],
  ])('F21: of %s is %s', (key, stream) => {
    expect(streamOfKey(key)).toBe(stream)
  })

  it.each([IDENTITY, 'gatehouse-account-', 'gatehouse-place-order', 'notice_ready_', 'anything'])(
    'F21: is none for %s, which is not the key of an effect',
    (text) => {
      expect(streamOfKey(text)).toBeNull()
    },
  )
})

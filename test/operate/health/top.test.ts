import { afterAll, beforeAll, expect, it } from 'vitest'
import { registerTopCommand } from '../../../src/cli/top-command.ts'
import { runCommand } from '../run-command.ts'
import { type Operator, startOperator } from '../start-operator.ts'

let operator: Operator
beforeAll(async () => {
  operator = await startOperator()
})
afterAll(() => operator.close())

it('B14: gatehouse top prints problems with their next action, and exits with 1 while there is one', async () => {
  expect(await runCommand(operator, registerTopCommand, ['top', '--once'])).toMatch(/No problem\.[\s\S]*inbox +0 unfinished/)
  expect(process.exitCode ?? 0).toBe(0)
  await operator.pool.query(
    `INSERT INTO inbox_event (event_id, type, occurred_at, is_test, origin, state, completed_at, error_code)
     VALUES (gen_random_uuid()::text, 'identity.approved', now(), false, 'webhook', 'dead', now(), 'NOTICE_REFUSED')`,
  )
  expect(await runCommand(operator, registerTopCommand, ['top', '--once'])).toMatch(/FAULT +1 event dead: NOTICE_REFUSED\.\n +Next: /)
  expect(process.exitCode).toBe(1)
  process.exitCode = 0
})

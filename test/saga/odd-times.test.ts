import { expect, it } from 'vitest'
import { createWorld, eventually } from './world.ts'

const EVENTS = 400

it('F53: the worker confirms by its id each event of a backlog whose delivery has a wrong time', async () => {
  const world = await createWorld({ kind: 'postgres' })
  const receiving = await world.start({ concurrency: 0 })
  const events = await world.sandbox.populate({ count: EVENTS, refIdPrefix: 'late-', decision: 'approve', deliver: false })
  const accept = (eventId: string) =>
    receiving.inbox.accept({
      eventId,
      type: 'identity.approved',
      occurredAt: new Date(Date.now() + 60_000),
      isTest: false,
      origin: 'webhook',
      bodySha256: null,
    })
  await Promise.all(events.map(({ id }) => accept(id)))
  const { inbox } = await world.start({ concurrency: 50 })
  const { processed, parked } = await eventually(
    () => inbox.count(),
    ({ accepted }) => accepted === 0,
  )
  expect({ processed, parked }).toEqual({ processed: EVENTS, parked: 0 })
}, 60_000)

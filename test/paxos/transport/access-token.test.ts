import { describe, expect, it } from 'vitest'
import { SCOPES } from '../../../src/paxos/transport/scopes.ts'
import { inTurn, json, type Reply, startMisbehavingPaxos, tokenAnswer } from '../misbehaving-paxos.ts'
import { approvedEvent, EVENT_ID } from '../paxos-bodies.ts'

const needsToken =
  (good: () => string): Reply =>
  (seen, ...rest) =>
    json(
      seen.authorization === `Bearer ${good()}` ? 200 : 401,
      seen.authorization === `Bearer ${good()}` ? approvedEvent : { title: 'Unauthorized' },
    )(seen, ...rest)

describe('the access token', () => {
  it('is requested once, in a form, with every scope that the client needs', async () => {
    const { paxos, reply, tokenRequests } = await startMisbehavingPaxos()
    reply(json(200, approvedEvent))
    await paxos.events.get(EVENT_ID)
    await paxos.events.get(EVENT_ID)
    expect(tokenRequests).toHaveLength(1)
    expect(tokenRequests[0]).toMatchObject({ method: 'POST', url: '/oauth2/token' })
    expect(Object.fromEntries(new URLSearchParams(tokenRequests[0]?.body))).toEqual({
      grant_type: 'client_credentials',
      client_id: 'a-client',
      client_secret: 'a-secret-that-nobody-sees',
      scope: SCOPES.onboarding.join(' '),
    })
  })

  it('is renewed a minute before it expires', async () => {
    let nowMs = 0
    const { paxos, reply, tokenRequests, seen } = await startMisbehavingPaxos({ now: () => nowMs })
    reply(json(200, approvedEvent))
    await paxos.events.get(EVENT_ID)
    nowMs = 3_538_999
    await paxos.events.get(EVENT_ID)
    expect(tokenRequests).toHaveLength(1)
    nowMs = 3_539_000
    await paxos.events.get(EVENT_ID)
    expect(tokenRequests).toHaveLength(2)
    expect(seen.map(({ authorization }) => authorization)).toEqual(['Bearer token-1', 'Bearer token-1', 'Bearer token-2'])
  })

  it('is used for half its lifetime when that is shorter', async () => {
    let nowMs = 0
    const { paxos, reply, replyToken, tokenRequests } = await startMisbehavingPaxos({ now: () => nowMs })
    replyToken(tokenAnswer({ expires_in: 10 }))
    reply(json(200, approvedEvent))
    await paxos.events.get(EVENT_ID)
    nowMs = 4_999
    await paxos.events.get(EVENT_ID)
    expect(tokenRequests).toHaveLength(1)
    nowMs = 5_000
    await paxos.events.get(EVENT_ID)
    expect(tokenRequests).toHaveLength(2)
  })
})

describe('when fifty calls find an expired token', () => {
  it('the client requests exactly one new token', async () => {
    let nowMs = 0
    const { paxos, reply, tokenRequests, seen } = await startMisbehavingPaxos({ now: () => nowMs })
    reply(json(200, approvedEvent))
    await paxos.events.get(EVENT_ID)
    nowMs = 4_000_000
    await Promise.all(Array.from({ length: 50 }, () => paxos.events.get(EVENT_ID)))
    expect(tokenRequests).toHaveLength(2)
    expect(seen.slice(1).every(({ authorization }) => authorization === 'Bearer token-2')).toBe(true)
  })

  it('the client requests exactly one new token after Paxos revoked the old one', async () => {
    let good = 'token-1'
    const { paxos, reply, tokenRequests, seen } = await startMisbehavingPaxos()
    reply(needsToken(() => good))
    await paxos.events.get(EVENT_ID)
    good = 'token-2'
    await Promise.all(Array.from({ length: 50 }, () => paxos.events.get(EVENT_ID)))
    expect(tokenRequests).toHaveLength(2)
    expect(seen.length).toBeLessThanOrEqual(1 + 50 + 50)
  })
})

describe('when Paxos answers 401', () => {
  it('once, the client repeats the call with a new token', async () => {
    const { paxos, reply, tokenRequests, seen } = await startMisbehavingPaxos()
    reply(inTurn(json(401, { title: 'Unauthorized' }), json(200, approvedEvent)))
    expect(await paxos.events.get(EVENT_ID)).toMatchObject({ id: EVENT_ID })
    expect(tokenRequests).toHaveLength(2)
    expect(seen.map(({ authorization }) => authorization)).toEqual(['Bearer token-1', 'Bearer token-2'])
  })

  it('A49: every time, the call fails as a snooze, which stops no worker, and the token endpoint is spared', async () => {
    let nowMs = 0
    const { paxos, reply, tokenRequests } = await startMisbehavingPaxos({ now: () => nowMs })
    reply(json(401, { title: 'Unauthorized' }))
    for (let calls = 0; calls < 5; calls++) {
      await expect(paxos.events.get(EVENT_ID)).rejects.toMatchObject({ code: 'PAXOS_UNAUTHORIZED', retry: 'snooze' })
    }
    expect(tokenRequests).toHaveLength(2)
    nowMs = 10_000
    await expect(paxos.events.get(EVENT_ID)).rejects.toMatchObject({ code: 'PAXOS_UNAUTHORIZED' })
    expect(tokenRequests).toHaveLength(3)
  })
})

describe('when no token can be had', () => {
  it.each<[string, Reply, { code: string; retry: string; missing?: readonly string[] }]>([
    ['the secret is wrong', json(401, { error: 'invalid_client' }), { code: 'PAXOS_CREDENTIALS_REFUSED', retry: 'snooze' }],
    [
      'the client is not allowed to get a token',
      json(400, { error: 'unauthorized_client' }),
      { code: 'PAXOS_CREDENTIALS_REFUSED', retry: 'snooze' },
    ],
    ['the token URL is wrong', json(404, {}), { code: 'PAXOS_CREDENTIALS_REFUSED', retry: 'snooze' }],
    [
      'the client may not request a scope',
      json(400, { error: 'invalid_scope' }),
      { code: 'PAXOS_SCOPE_MISSING', retry: 'snooze', missing: SCOPES.onboarding },
    ],
    [
      'a scope is not granted',
      tokenAnswer({ scope: SCOPES.onboarding.slice(0, 4).join(' ') }),
      { code: 'PAXOS_SCOPE_MISSING', retry: 'snooze', missing: ['events:read_event'] },
    ],
    ['the token endpoint is down', json(503, {}), { code: 'PAXOS_UNAVAILABLE', retry: 'snooze' }],
    ['the token endpoint answers something else', json(200, { token: 'x' }), { code: 'PAXOS_UNAVAILABLE', retry: 'snooze' }],
    ['the token endpoint throttles', json(429, {}), { code: 'PAXOS_THROTTLED', retry: 'snooze' }],
  ])('because %s, the call fails with that reason and not as if the event were unknown', async (_, replyWith, expected) => {
    const { paxos, replyToken, seen } = await startMisbehavingPaxos()
    replyToken(replyWith)
    await expect(paxos.events.get(EVENT_ID)).rejects.toMatchObject({ ...expected, operation: 'token' })
    expect(seen).toEqual([])
  })

  it('the error names the missing scopes', async () => {
    const { paxos, replyToken } = await startMisbehavingPaxos()
    replyToken(tokenAnswer({ scope: SCOPES.onboarding.filter((scope) => scope !== 'events:read_event').join(' ') }))
    await expect(paxos.events.get(EVENT_ID)).rejects.toThrow('scopes not granted: events:read_event.')
  })

  it('the client takes an answer without scope as a grant of all (RFC 6749 5.1)', async () => {
    const { paxos, reply, replyToken } = await startMisbehavingPaxos()
    replyToken(tokenAnswer({ scope: undefined }))
    reply(json(200, approvedEvent))
    expect(await paxos.events.get(EVENT_ID)).toMatchObject({ id: EVENT_ID })
  })

  it('the client remembers refused credentials for 30 s', async () => {
    let nowMs = 0
    const { paxos, reply, replyToken, tokenRequests } = await startMisbehavingPaxos({ now: () => nowMs })
    reply(json(200, approvedEvent))
    replyToken(json(401, { error: 'invalid_client' }))
    for (let calls = 0; calls < 5; calls++) {
      await expect(paxos.events.get(EVENT_ID)).rejects.toMatchObject({ code: 'PAXOS_CREDENTIALS_REFUSED' })
    }
    expect(tokenRequests).toHaveLength(1)
    nowMs = 30_000
    replyToken(tokenAnswer())
    expect(await paxos.events.get(EVENT_ID)).toMatchObject({ id: EVENT_ID })
  })

  it('the client stops calling the token endpoint after three failures', async () => {
    const { paxos, replyToken, tokenRequests } = await startMisbehavingPaxos({ now: () => 0 })
    replyToken(json(503, {}))
    const codes: string[] = []
    for (let calls = 0; calls < 10; calls++)
      codes.push(await paxos.events.get(EVENT_ID).then(String, (error: { code: string }) => error.code))
    expect(new Set(codes.slice(0, 3))).toEqual(new Set(['PAXOS_UNAVAILABLE']))
    expect(new Set(codes.slice(3))).toEqual(new Set(['PAXOS_CIRCUIT_OPEN']))
    expect(tokenRequests).toHaveLength(3)
  })

  it('fifty calls that waited for one lost token do not count as an outage of the API', async () => {
    const { paxos, reply, replyToken, tokenRequests } = await startMisbehavingPaxos({ now: () => 0 })
    reply(json(200, approvedEvent))
    replyToken(inTurn(json(503, {}), tokenAnswer()))
    const lost = await Promise.allSettled(Array.from({ length: 50 }, () => paxos.events.get(EVENT_ID)))
    expect(lost.every(({ status }) => status === 'rejected')).toBe(true)
    expect(await paxos.events.get(EVENT_ID)).toMatchObject({ id: EVENT_ID })
    expect(tokenRequests).toHaveLength(2)
  })
})

import { randomUUID } from 'node:crypto'
import { setTimeout as delay } from 'node:timers/promises'
import { type Attack, broken, held, type Target, unless } from './attack.ts'
import { deliver, forged } from './deliveries.ts'
import { ask, bearer } from './operator-calls.ts'

const FORGED = 300
/** When accounts are opened at all, they are opened within a second. */
const UNTIL_OPENED_MS = 8_000
/** Ids of Paxos are opaque: text without spaces and control characters is accepted, and shown only as text. */
const ODD_IDS = ['<script>alert(1)</script>', '../../etc/passwd', "'OR(1=1)--", '{{7*7}}']
const IDS_THAT_ARE_NONE = ["' OR 1=1 --", '\u0000', '\ud800', 'a'.repeat(5_000), '\r\nx: y', '']

interface Counts {
  onboardings: Record<string, number>
}

async function onboardingsOf(target: Target): Promise<number> {
  const { text } = await ask(target, '/v1/stats', bearer(target.operatorToken ?? ''))
  return Object.values((JSON.parse(text) as Counts).onboardings).reduce((sum, count) => sum + count, 0)
}

/** The statuses of these deliveries that are not expected. */
async function unexpected(bodies: readonly (object | string)[], target: Target, expected: readonly number[]): Promise<string[]> {
  const answers = await Promise.all(bodies.map((body) => deliver(target, body, { key: target.webhookKey })))
  return answers.flatMap(({ status, text }, index) =>
    expected.includes(status) ? [] : [`${JSON.stringify(bodies[index]).slice(0, 60)} was answered ${status} ${text.slice(0, 60)}`],
  )
}

/** Attacks on the port that is open to the internet. */
export const WEBHOOK_ATTACKS: readonly Attack[] = [
  {
    name: 'a delivery without a key, and with a wrong one',
    stands: 'ASVS V6',
    run: async (target) => {
      const statuses = [await deliver(target, forged()), await deliver(target, forged(), { key: 'a-key-that-nobody-was-given' })].map(
        ({ status }) => status,
      )
      return unless(
        statuses.filter((status) => status !== 401 && status !== 429).map((status) => `answered ${status}`),
        `answered ${statuses.join(', ')}`,
      )
    },
  },
  {
    name: 'five hundred guesses of the key',
    stands: 'ASVS V6.3, F55',
    run: async (target) => {
      const guesses = Array.from({ length: 500 }, () => deliver(target, forged(), { key: `guess-${randomUUID()}` }))
      const statuses = (await Promise.all(guesses)).map(({ status }) => status)
      if (statuses.some((status) => status < 400)) return broken('a guess was taken')
      const limited = statuses.filter((status) => status === 429).length
      return limited > 0 ? held(`${limited} of 500 were answered 429`) : broken('never slowed')
    },
  },
  {
    name: `a stolen key: ${FORGED} approvals that Paxos never made`,
    stands: 'F50, F53',
    needs: ['webhookKey', 'operatorToken'],
    run: async (target) => {
      const before = await onboardingsOf(target)
      const statuses = await Promise.all(Array.from({ length: FORGED }, () => deliver(target, forged(), { key: target.webhookKey })))
      await delay(UNTIL_OPENED_MS)
      const opened = (await onboardingsOf(target)) - before
      const taken = statuses.filter(({ status }) => status === 200).length
      return opened === 0
        ? held(`${taken} deliveries were accepted, and no onboarding was opened`)
        : broken(`${opened} onboardings were opened`)
    },
  },
  {
    name: 'one delivery a hundred times',
    stands: 'ASVS V2.3',
    needs: ['webhookKey'],
    run: async (target) => {
      const body = forged()
      const answers = await Promise.all(Array.from({ length: 100 }, () => deliver(target, body, { key: target.webhookKey })))
      const fresh = answers.filter(({ text }) => text.includes('"accepted"')).length
      return fresh <= 1 ? held('accepted once, the rest are duplicates') : broken(`accepted ${fresh} times`)
    },
  },
  {
    name: 'event ids with a meaning in SQL, HTML, a shell or a file system',
    stands: 'ASVS V1, F67',
    needs: ['webhookKey'],
    run: async (target) => {
      const odd = ODD_IDS.map((id) => forged({ id }))
      const none = IDS_THAT_ARE_NONE.map((id) => forged({ id }))
      const wrong = [...(await unexpected(odd, target, [200, 400])), ...(await unexpected(none, target, [400]))]
      return unless(wrong, `${none.length} that can be no id were answered 400, ${odd.length} were kept as text`)
    },
  },
  {
    name: 'an event id that is reserved for Gatehouse',
    stands: 'ASVS V8',
    needs: ['webhookKey'],
    run: async (target) =>
      unless(
        await unexpected(
          ['gatehouse:command:1', 'gatehouse:timer:1'].map((id) => forged({ id })),
          target,
          [400],
        ),
        'answered 400',
      ),
  },
  {
    name: 'JSON that is deep, broken, has duplicate keys or names a prototype',
    stands: 'ASVS V1.5',
    needs: ['webhookKey'],
    run: async (target) => {
      const bad = ['[', '{"id":', '['.repeat(8_000), '"text"', '1', 'null', '[]', '\uFEFF{}', '{"id":{"$ne":1}}']
      const polluting = `{"__proto__":{"admin":true},"constructor":{"prototype":{"admin":true}},${JSON.stringify(forged()).slice(1)}`
      const wrong = [...(await unexpected(bad, target, [400])), ...(await unexpected([polluting], target, [200, 400]))]
      return unless(wrong, `${bad.length} bodies were answered 400`)
    },
  },
  {
    name: 'invalid times and invalid types',
    stands: 'F70',
    needs: ['webhookKey'],
    run: async (target) => {
      const bodies = [{ time: '2026-02-30T00:00:00Z' }, { time: 'now' }, { time: 5 }, { type: 5 }, { type: '' }, { is_test: 'no' }].map(
        (change) => forged(change),
      )
      return unless(await unexpected(bodies, target, [400]), `${bodies.length} bodies were answered 400`)
    },
  },
  {
    name: 'a body that is too long, compressed, or of another type',
    stands: 'ASVS V4, F70',
    needs: ['webhookKey'],
    run: async (target) => {
      const send = async (body: string, headers: Record<string, string>): Promise<number> =>
        (await deliver(target, body, { key: target.webhookKey, headers })).status
      const seen: [string, number, number][] = [
        ['20 kB', 413, await send(JSON.stringify(forged({ more: 'x'.repeat(20_000) })), {})],
        ['gzip', 415, await send('{}', { 'content-encoding': 'gzip' })],
        ['text/plain', 415, await send('{}', { 'content-type': 'text/plain' })],
        ['XML', 415, await send('<!DOCTYPE a [<!ENTITY b SYSTEM "file:///etc/passwd">]><a>&b;</a>', { 'content-type': 'application/xml' })],
      ]
      return unless(
        seen.filter(([, want, got]) => want !== got).map(([what, want, got]) => `${what} was answered ${got}, not ${want}`),
        'answered 413 and 415',
      )
    },
  },
]

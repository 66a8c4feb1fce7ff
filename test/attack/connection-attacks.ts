import { setTimeout as delay } from 'node:timers/promises'
import { type Attack, broken, held, type Target, unless } from './attack.ts'
import { openSocket, sendRaw } from './raw-http.ts'

const ports = ({ receiverUrl, operatorUrl }: Target): string[] => [receiverUrl, operatorUrl]
const hostOf = (url: string): string => new URL(url).host

/** Requests that two servers in a row may read differently, so that the attacker chooses where one begins. */
const AMBIGUOUS: Readonly<Record<string, string>> = {
  'Content-Length and Transfer-Encoding': 'Content-Length: 4\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n',
  'two lengths': 'Content-Length: 4\r\nContent-Length: 5\r\n\r\nabcde',
  'a length with a sign': 'Content-Length: +4\r\n\r\nabcd',
  'an unknown encoding': 'Transfer-Encoding: xchunked\r\n\r\n0\r\n\r\n',
  'a folded header': 'X-Folded: a\r\n b\r\nContent-Length : 4\r\n\r\nabcd',
  'a bare line feed in a header': 'X-Line: a\nTransfer-Encoding: chunked\r\nContent-Length: 4\r\n\r\nabcd',
}

/** The limit is 10 s (test/platform/http-server.test.ts measures it); the rest is for a machine that does much besides. */
const MOST_PATIENCE_MS = 40_000

/** Faults below the level of HTTP: bytes, time and number. */
export const CONNECTION_ATTACKS: readonly Attack[] = [
  {
    name: 'requests that two servers read differently (smuggling)',
    stands: 'ASVS V4.2',
    run: async (target) => {
      const wrong: string[] = []
      for (const url of ports(target))
        for (const [what, rest] of Object.entries(AMBIGUOUS)) {
          const { text } = await sendRaw(
            url,
            [`POST /webhooks/paxos HTTP/1.1\r\nHost: ${hostOf(url)}\r\n${rest}GET /health/live HTTP/1.1\r\nHost: x\r\n\r\n`],
            { timeoutMs: 2_500 },
          )
          const answers = text.match(/HTTP\/1\.1 \d{3}/g) ?? []
          if (answers.some((line) => line.endsWith(' 200')) || answers.length > 1) wrong.push(`${what}: ${answers.join(', ')}`)
        }
      return unless(wrong, `${Object.keys(AMBIGUOUS).length} kinds on two ports: one refusal each, and nothing after it was answered`)
    },
  },
  {
    name: 'headers of 64 kB, and a path of 32 kB',
    stands: 'ASVS V4',
    run: async (target) => {
      const statuses: (number | null)[] = []
      for (const url of ports(target)) {
        statuses.push(
          (await sendRaw(url, [`GET / HTTP/1.1\r\nHost: ${hostOf(url)}\r\nConnection: close\r\nX: ${'x'.repeat(65_536)}\r\n\r\n`])).status,
        )
        statuses.push(
          (await sendRaw(url, [`GET /${'x'.repeat(32_768)} HTTP/1.1\r\nHost: ${hostOf(url)}\r\nConnection: close\r\n\r\n`])).status,
        )
      }
      return unless(
        statuses.filter((status) => status !== 431 && status !== 414 && status !== 404).map((status) => `answered ${status}`),
        `answered ${statuses.join(', ')}`,
      )
    },
  },
  {
    name: 'a request that sends its head, or its body, at one byte per second',
    stands: 'F56',
    run: async (target) => {
      const slowly = (url: string, head: string) =>
        sendRaw(url, [head, ...Array.from({ length: 90 }, () => 'x')], { pauseMs: 1_000, timeoutMs: 45_000 })
      const cut = await Promise.all(
        ports(target).flatMap((url) => [
          slowly(url, `POST /webhooks/paxos HTTP/1.1\r\nHost: ${hostOf(url)}\r\nX-Slow: `),
          slowly(
            url,
            `POST /webhooks/paxos HTTP/1.1\r\nHost: ${hostOf(url)}\r\nContent-Type: application/json\r\nContent-Length: 100\r\n\r\n`,
          ),
        ]),
      )
      const longest = Math.max(...cut.map(({ closedAfterMs }) => closedAfterMs ?? Number.POSITIVE_INFINITY))
      return longest <= MOST_PATIENCE_MS ? held(`cut off after at most ${Math.ceil(longest / 1_000)} s`) : broken('still open after 45 s')
    },
  },
  {
    name: '300 silent connections during a normal request',
    stands: 'F56',
    run: async ({ receiverUrl }) => {
      const silent = Array.from({ length: 300 }, () => openSocket(receiverUrl).on('error', () => {}))
      await delay(500)
      const { status } = await sendRaw(receiverUrl, [
        `GET /health/live HTTP/1.1\r\nHost: ${hostOf(receiverUrl)}\r\nConnection: close\r\n\r\n`,
      ])
      for (const socket of silent) socket.destroy()
      return status === 200 ? held('the request was answered 200') : broken(`the request was answered ${status}`)
    },
  },
  {
    name: 'methods and paths that a server must refuse',
    stands: 'ASVS V13',
    run: async (target) => {
      const wrong: string[] = []
      const lines = [
        'TRACE / HTTP/1.1',
        'CONNECT evil.test:443 HTTP/1.1',
        'GET http://169.254.169.254/ HTTP/1.1',
        'GET /../../../etc/passwd HTTP/1.1',
        'GET /assets/..%2f..%2f..%2fpackage.json HTTP/1.1',
        'GET /assets/%2e%2e/%2e%2e/.env HTTP/1.1',
        'GET /.env HTTP/1.1',
        'GET /%00 HTTP/1.1',
        'GET /%c0%ae%c0%ae/ HTTP/1.1',
      ]
      for (const url of ports(target))
        for (const line of lines) {
          const { status, text } = await sendRaw(url, [`${line}\r\nHost: ${hostOf(url)}\r\nConnection: close\r\n\r\n`])
          // The pages send every visitor without a session to the login, for any path, so that the answer tells nothing.
          if (status !== null && status < 400 && status !== 303) wrong.push(`${line} was answered ${status}`)
          if (/root:|DATABASE_URL|"dependencies"/.test(text)) wrong.push(`${line} was answered with a file`)
        }
      return unless(wrong, `${lines.length} request lines on two ports were refused`)
    },
  },
]

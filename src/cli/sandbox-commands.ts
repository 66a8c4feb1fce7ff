import { readFile } from 'node:fs/promises'
import { type Command, Option } from 'commander'
import { errorCode, UsageError } from '../platform/app-error.ts'
import { type Print, print as toStdout } from './print.ts'

/** One call of the simulator's control API (docs/simulator.md). */
interface ControlCall {
  method: string
  path: string
  body?: unknown
}

interface Trigger {
  readonly takes: readonly string[]
  readonly does: string
  readonly call: (values: readonly string[]) => ControlCall
}

/** What can be made to happen at once, besides what Paxos's own API offers. */
const TRIGGERS: Readonly<Record<string, Trigger>> = {
  decide: {
    takes: ['IDENTITY', 'VERDICT'],
    does: 'approve, deny, error, documents, disable or enable an identity',
    call: ([id = '', verdict]) => ({ method: 'POST', path: `/identities/${encodeURIComponent(id)}/decide`, body: { verdict } }),
  },
  event: {
    takes: ['TYPE', 'IDENTITY'],
    does: 'emit an event that nothing caused',
    call: ([type, identityId]) => ({ method: 'POST', path: '/events', body: { type, identityId } }),
  },
  'test-event': {
    takes: [],
    does: 'send a test event, as the Dashboard does',
    call: () => ({ method: 'POST', path: '/webhook/test', body: {} }),
  },
  price: {
    takes: ['MARKET', 'PRICE'],
    does: "move a market's price",
    call: ([market = '', price]) => ({ method: 'POST', path: `/markets/${encodeURIComponent(market)}`, body: { price } }),
  },
  bust: {
    takes: ['EXECUTION'],
    does: 'annul an execution',
    call: ([id = '']) => ({ method: 'POST', path: `/executions/${encodeURIComponent(id)}/bust` }),
  },
  return: {
    takes: ['TRANSFER'],
    does: 'return a completed deposit late',
    call: ([id = '']) => ({ method: 'POST', path: `/transfers/${encodeURIComponent(id)}/return` }),
  },
  forget: {
    takes: ['REF_ID'],
    does: 'let the ref_id of an order be used again at once',
    call: ([refId]) => ({ method: 'POST', path: '/orders/forget', body: { refId } }),
  },
  'revoke-tokens': { takes: [], does: 'make every access token stop working', call: () => ({ method: 'POST', path: '/tokens/revoke' }) },
}

const CLOSED = 'UNSCHEDULED_MAINTENANCE'

/** Each lasts `forMs`, but for those that `outage end` ends. */
const OUTAGES: Readonly<Record<string, { does: string; call: (forMs: number) => ControlCall }>> = {
  down: { does: '503 to every call', call: (forMs) => fault({ on: '*', do: 'answer', status: 503, forMs }) },
  slow: { does: '2 s before every answer', call: (forMs) => fault({ on: '*', do: 'latency', ms: 2_000, forMs }) },
  lossy: {
    does: 'one answer in five is lost after the call has acted',
    call: (forMs) => fault({ on: '*', do: 'act-then-drop', ratio: 0.2, forMs }),
  },
  limited: { does: '429 to every call', call: (forMs) => fault({ on: '*', do: 'answer', status: 429, forMs }) },
  markets: {
    does: 'all markets closed, until `outage end`',
    call: () => ({ method: 'POST', path: '/markets/ALL', body: { buy: CLOSED, sell: CLOSED } }),
  },
  webhooks: { does: 'no delivery is tried, until `outage end`', call: () => ({ method: 'POST', path: '/webhook/pause' }) },
}

const END_OF_OUTAGES: readonly ControlCall[] = [
  { method: 'DELETE', path: '/faults' },
  { method: 'POST', path: '/markets/ALL', body: { buy: 'open', sell: 'open' } },
  { method: 'POST', path: '/webhook/resume', body: { backlog: 'deliver' } },
]

function fault(body: object): ControlCall {
  return { method: 'POST', path: '/faults', body }
}

/** `sandbox trigger|fault|outage|replay|assumptions`: the control of a simulator that runs, over HTTP. */
export function registerSandboxCommands(sandbox: Command, simulatorUrl: () => string, print: Print = toStdout): void {
  const withUrl = (command: Command): Command =>
    command.option('--url <url>', 'where the simulator listens (default: the one of this installation)')
  const send = async (call: ControlCall, { url }: { url?: string }): Promise<unknown> => control(url ?? simulatorUrl(), call)

  withUrl(sandbox.command('trigger').argument('<what>').argument('[values...]'))
    .description(
      `make something happen now: ${Object.entries(TRIGGERS)
        .map(([name, { takes }]) => [name, ...takes].join(' '))
        .join(', ')}`,
    )
    .action(async (what: string, values: string[], flags: { url?: string }) => {
      const trigger = TRIGGERS[what]
      if (!trigger) throw new UsageError(`trigger: must be one of ${Object.keys(TRIGGERS).join(', ')}`)
      if (values.length !== trigger.takes.length)
        throw new UsageError(`trigger ${what} takes ${trigger.takes.join(' ') || 'nothing'}: ${trigger.does}`)
      print(JSON.stringify(await send(trigger.call(values), flags)))
    })

  withUrl(sandbox.command('fault').argument('[what]', 'list, clear, or nothing to arm one', 'arm'))
    .description('arm a fault of calls or deliveries, list those that are armed, or clear them')
    .option('--on <operation>', 'an operation such as "POST /identity/accounts", "*" or "delivery"', '*')
    .option(
      '--do <kind>',
      'answer, latency, drop, silence, act-then-drop, act-then-silence, act-then-answer; for deliveries lose, duplicate, delay, reorder',
    )
    .addOption(new Option('--status <n>', 'of answer and act-then-answer').argParser(Number))
    .addOption(new Option('--ms <n>', 'of latency, delay and reorder').argParser(Number))
    .addOption(new Option('--next <n>', 'only the next so many').argParser(Number))
    .addOption(new Option('--ratio <share>', 'only this share, above 0 and up to 1').argParser(Number))
    .addOption(new Option('--seconds <n>', 'only for so long').argParser(Number))
    .action(async (what: string, flags: { url?: string; seconds?: number; do?: string } & Record<string, unknown>) => {
      const { url: _url, seconds, ...body } = flags
      const calls: Readonly<Record<string, ControlCall>> = {
        arm: fault({ ...body, ...(seconds === undefined ? {} : { forMs: seconds * 1000 }) }),
        list: { method: 'GET', path: '/faults' },
        clear: { method: 'DELETE', path: '/faults' },
      }
      const call = calls[what]
      if (!call) throw new UsageError('fault: must be list, clear, or options that describe one')
      if (what === 'arm' && flags.do === undefined)
        throw new UsageError('fault: --do says what goes wrong, such as --do answer --status 503')
      print(JSON.stringify(await send(call, flags)))
    })

  withUrl(sandbox.command('outage').argument('<kind>'))
    .description(
      `begin an outage (${Object.entries(OUTAGES)
        .map(([kind, { does }]) => `${kind}: ${does}`)
        .join('; ')}), or end them all: end`,
    )
    .addOption(new Option('--seconds <n>', 'how long it lasts').argParser(Number).default(60))
    .action(async (kind: string, flags: { url?: string; seconds: number }) => {
      const outage = OUTAGES[kind]
      if (!outage && kind !== 'end') throw new UsageError(`outage: must be one of ${Object.keys(OUTAGES).join(', ')}, end`)
      for (const call of outage ? [outage.call(flags.seconds * 1000)] : END_OF_OUTAGES) await send(call, flags)
      print(outage ? `Outage begun: ${outage.does}.` : 'Outages ended: no fault is armed, markets are open, webhooks are delivered.')
    })

  withUrl(sandbox.command('replay').argument('<file>'))
    .description('replay a rule file: resets the simulator, loads its rules, follows its timeline (docs/simulator.md)')
    .action(async (file: string, flags: { url?: string }) => {
      print(JSON.stringify(await send({ method: 'PUT', path: '/story', body: await readRules(file) }, flags), null, 2))
    })

  withUrl(sandbox.command('assumptions'))
    .description('print what the simulator does, and whether Paxos documents it or it is assumed')
    .action(async (flags: { url?: string }) => {
      const { facts } = (await send({ method: 'GET', path: '/assumptions' }, flags)) as {
        facts: readonly Readonly<Record<string, string>>[]
      }
      for (const { basis = '', about = '', does, knob } of facts)
        print(`${basis.padEnd(10)}  ${about.padEnd(16)}  ${does}${knob ? ` [${knob}]` : ''}`)
    })
}

async function readRules(file: string): Promise<unknown> {
  const text = await readFile(file, 'utf8').catch((error: unknown) => {
    throw new UsageError(`${file}: cannot be read (${errorCode(error) ?? 'unknown error'})`)
  })
  try {
    return JSON.parse(text)
  } catch {
    throw new UsageError(`${file}: is no JSON`)
  }
}

/** @throws UsageError with the simulator's own words when it refuses, or says where none was found. */
async function control(url: string, { method, path, body }: ControlCall): Promise<unknown> {
  const answer = await fetch(`${url.replace(/\/$/, '')}/_sandbox${path}`, {
    method,
    ...(body === undefined ? {} : { headers: { 'content-type': 'application/json' }, body: JSON.stringify(body) }),
  }).catch(() => {
    throw new UsageError(`No simulator answers at ${url}. Start one (npm start, or gatehouse sandbox), or name it with --url.`)
  })
  const result: unknown = await answer.json()
  if (answer.ok) return result
  const detail =
    typeof result === 'object' && result !== null && 'detail' in result ? String(result.detail) : `it answered ${answer.status}`
  throw new UsageError(`The simulator refuses: ${detail}`)
}

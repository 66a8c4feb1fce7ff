import { type Command, Option } from 'commander'
import { UsageError } from '../platform/app-error.ts'
import { GATEHOUSE } from '../platform/command-name.ts'
import { type Print, print as toStdout } from './print.ts'
import { parseJson, readText } from './read-input.ts'

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

/** What an operator can trigger in the simulator beyond Paxos's own API. */
const TRIGGERS: Readonly<Record<string, Trigger>> = {
  decide: {
    takes: ['IDENTITY', 'VERDICT'],
    does: 'approve, deny, error, documents, disable or enable an identity',
    call: ([id = '', verdict]) => ({ method: 'POST', path: `/identities/${encodeURIComponent(id)}/decide`, body: { verdict } }),
  },
  event: {
    takes: ['TYPE', 'IDENTITY'],
    does: 'emit an event without a cause',
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
    does: 'free the ref_id of an order for reuse',
    call: ([refId]) => ({ method: 'POST', path: '/orders/forget', body: { refId } }),
  },
  'revoke-tokens': { takes: [], does: 'revoke every access token', call: () => ({ method: 'POST', path: '/tokens/revoke' }) },
}

const CLOSED = 'UNSCHEDULED_MAINTENANCE'

/** Each lasts `forMs`, except those that last until `outage end`. */
const OUTAGES: Readonly<Record<string, { does: string; call: (forMs: number) => ControlCall }>> = {
  down: { does: 'every call gets 503', call: (forMs) => fault({ on: '*', do: 'answer', status: 503, forMs }) },
  slow: { does: 'every answer takes 2 s longer', call: (forMs) => fault({ on: '*', do: 'latency', ms: 2_000, forMs }) },
  lossy: {
    does: 'every fifth answer is lost after the call has acted',
    call: (forMs) => fault({ on: '*', do: 'act-then-drop', ratio: 0.2, forMs }),
  },
  limited: { does: 'every call gets 429', call: (forMs) => fault({ on: '*', do: 'answer', status: 429, forMs }) },
  markets: {
    does: 'all markets closed, until `outage end`',
    call: () => ({ method: 'POST', path: '/markets/ALL', body: { buy: CLOSED, sell: CLOSED } }),
  },
  webhooks: { does: 'no webhook is sent, until `outage end`', call: () => ({ method: 'POST', path: '/webhook/pause' }) },
}

const END_OF_OUTAGES: readonly ControlCall[] = [
  { method: 'DELETE', path: '/faults' },
  { method: 'POST', path: '/markets/ALL', body: { buy: 'open', sell: 'open' } },
  { method: 'POST', path: '/webhook/resume', body: { backlog: 'deliver' } },
]

function fault(body: object): ControlCall {
  return { method: 'POST', path: '/faults', body }
}

/** `sandbox trigger|fault|outage|replay|assumptions`: controls a running simulator over HTTP. */
export function registerSandboxCommands(sandbox: Command, simulatorUrl: () => string, print: Print = toStdout): void {
  const withUrl = (command: Command): Command =>
    command.option('--url <url>', "the simulator's URL (default: the simulator of this installation)")
  const send = async (call: ControlCall, { url }: { url?: string }): Promise<unknown> => control(url ?? simulatorUrl(), call)

  withUrl(sandbox.command('trigger').argument('<what>').argument('[values...]'))
    .description(
      `trigger something now: ${Object.entries(TRIGGERS)
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

  withUrl(sandbox.command('fault').argument('[what]', 'list or clear; omit it to arm a fault', 'arm'))
    .description('arm a fault of calls or deliveries, list the armed faults, or clear them')
    .option('--on <operation>', 'an operation such as "POST /identity/accounts", "*" or "delivery"', '*')
    .option(
      '--do <kind>',
      'answer, latency, drop, silence, act-then-drop, act-then-silence, act-then-answer; for deliveries lose, duplicate, delay, reorder',
    )
    .addOption(new Option('--status <n>', 'for answer and act-then-answer').argParser(Number))
    .addOption(new Option('--ms <n>', 'for latency, delay and reorder').argParser(Number))
    .addOption(new Option('--next <n>', 'only the next n calls or deliveries').argParser(Number))
    .addOption(new Option('--ratio <share>', 'only this share, above 0 and up to 1').argParser(Number))
    .addOption(new Option('--seconds <n>', 'only for n seconds').argParser(Number))
    .action(async (what: string, flags: { url?: string; seconds?: number; do?: string } & Record<string, unknown>) => {
      const { url: _url, seconds, ...body } = flags
      const calls: Readonly<Record<string, ControlCall>> = {
        arm: fault({ ...body, ...(seconds === undefined ? {} : { forMs: seconds * 1000 }) }),
        list: { method: 'GET', path: '/faults' },
        clear: { method: 'DELETE', path: '/faults' },
      }
      const call = calls[what]
      if (!call) throw new UsageError('fault: must be list, clear, or options that describe one')
      if (what === 'arm' && flags.do === undefined) throw new UsageError('fault: --do is required, for example --do answer --status 503')
      print(JSON.stringify(await send(call, flags)))
    })

  withUrl(sandbox.command('outage').argument('<kind>'))
    .description(
      `start an outage (${Object.entries(OUTAGES)
        .map(([kind, { does }]) => `${kind}: ${does}`)
        .join('; ')}), or end them all: end`,
    )
    .addOption(new Option('--seconds <n>', 'its duration in seconds').argParser(Number).default(60))
    .action(async (kind: string, flags: { url?: string; seconds: number }) => {
      const outage = OUTAGES[kind]
      if (!outage && kind !== 'end') throw new UsageError(`outage: must be one of ${Object.keys(OUTAGES).join(', ')}, end`)
      for (const call of outage ? [outage.call(flags.seconds * 1000)] : END_OF_OUTAGES) await send(call, flags)
      print(outage ? `Outage started: ${outage.does}.` : 'Outages ended: no fault is armed, markets are open, webhooks are sent.')
    })

  withUrl(sandbox.command('replay').argument('<file>'))
    .description('replay a rule file: reset the simulator, load the rules, follow the timeline (docs/simulator.md)')
    .action(async (file: string, flags: { url?: string }) => {
      print(JSON.stringify(await send({ method: 'PUT', path: '/story', body: parseJson(await readText(file)) }, flags), null, 2))
    })

  withUrl(sandbox.command('assumptions'))
    .description("print the simulator's behaviours, and whether Paxos documents each or it is assumed")
    .action(async (flags: { url?: string }) => {
      const { facts } = (await send({ method: 'GET', path: '/assumptions' }, flags)) as {
        facts: readonly Readonly<Record<string, string>>[]
      }
      for (const { basis = '', about = '', does, knob } of facts)
        print(`${basis.padEnd(10)}  ${about.padEnd(16)}  ${does}${knob ? ` [${knob}]` : ''}`)
    })
}

/** @throws UsageError with the simulator's own message if it refuses, or with the URL where none answered. */
async function control(url: string, { method, path, body }: ControlCall): Promise<unknown> {
  const answer = await fetch(`${url.replace(/\/$/, '')}/_sandbox${path}`, {
    method,
    ...(body === undefined ? {} : { headers: { 'content-type': 'application/json' }, body: JSON.stringify(body) }),
  }).catch(() => {
    throw new UsageError(`No simulator answers at ${url}. Start one (npm start or ${GATEHOUSE} sandbox), or give its address with --url.`)
  })
  const result: unknown = await answer.json()
  if (answer.ok) return result
  const detail =
    typeof result === 'object' && result !== null && 'detail' in result ? String(result.detail) : `it answered ${answer.status}`
  throw new UsageError(`The simulator refuses: ${detail}`)
}

import { describeQueue } from '../queue/describe-queue.ts'
import type { Role, RoleProcess, World } from '../roster/role-process.ts'
import { AlreadyRunningError, nameOf, refuseOtherWorld } from '../roster/world.ts'
import type { Foundation } from './open-foundation.ts'
import type { RunningRole } from './running-role.ts'
import { simulatorEndpoint } from './simulator-endpoint.ts'

export { refuseOtherWorld } from '../roster/world.ts'

/** The world of a process: its queue and its Paxos. */
export function worldOf({ config, queueBackend, simulatorUrl }: Foundation): World {
  // A receiver and a migration never call Paxos and do not know its address.
  if (config.role === 'receiver' || config.role === 'migrate')
    return { queue: describeQueue(queueBackend), upstream: null, simulated: false }
  const { apiUrl } = config.paxos ?? simulatorEndpoint(simulatorUrl)
  const { origin, pathname } = new URL(apiUrl) // leaves out credentials in the address
  return { queue: describeQueue(queueBackend), upstream: `${origin}${pathname}`, simulated: config.paxos === null }
}

/**
 * Compares this process with the roles that run on the same database. Without `PAXOS_*` it uses their simulator, at any address. @throws
 * OtherWorldError when they use another queue or another Paxos
 */
export async function joinWorld(foundation: Foundation): Promise<Foundation> {
  const running = await foundation.roster.live()
  const joined = adoptSimulator(foundation, running)
  refuseOtherWorld(worldOf(joined), running)
  return joined
}

/** Likewise without refusing, for a command that reports the differences. */
export async function reportWorld(foundation: Foundation): Promise<Foundation> {
  return adoptSimulator(foundation, await foundation.roster.live())
}

function adoptSimulator(foundation: Foundation, running: readonly RoleProcess[]): Foundation {
  const { paxos, sandbox } = foundation.config
  if (paxos !== null || sandbox.url !== null) return foundation
  const upstream = running.find((process) => process.simulated && process.upstream !== null)?.upstream
  if (!upstream) return foundation
  return { ...foundation, simulatorUrl: new URL(upstream).origin }
}

/** Enrolls a role in the roster while it runs. Closing the role removes it first. */
export async function enrolled<Running extends RunningRole>(foundation: Foundation, role: Role, running: Running): Promise<Running> {
  const world = worldOf(foundation)
  const upstream = role === 'receiver' ? null : world.upstream // a receiver never calls Paxos
  const enrollment = await foundation.roster.enroll({ ...world, upstream, role, url: running.url }).catch(async (error: unknown) => {
    await running.close()
    throw error
  })
  return {
    ...running,
    close: async () => {
      await enrollment.leave()
      await running.close()
    },
  }
}

/**
 * Of several `gatehouse start` on one embedded database the first stays: each enrolls itself, then checks for earlier ones. The roles
 * enroll the address of Paxos later, since the simulator is not running yet.
 * @throws AlreadyRunningError naming the process and the URL of its pages
 */
export async function startOnce(foundation: Foundation): Promise<{ close(): Promise<void> }> {
  const enrollment = await foundation.roster.enroll({ ...worldOf(foundation), upstream: null, role: 'start', url: null })
  const running = await foundation.roster.live()
  const [first] = running.filter(({ role }) => role === 'start')
  if (!first || first.id === enrollment.id) return { close: enrollment.leave }
  await enrollment.leave()
  const pages = running.find(({ role, pid }) => role === 'operator' && pid === first.pid)?.url
  throw new AlreadyRunningError(
    `Gatehouse already runs here: ${nameOf(first)}${pages ? `, pages at ${pages}/` : ', still starting'}. Use it, or stop it first.`,
  )
}

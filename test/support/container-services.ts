import { PostgreSqlContainer } from '@testcontainers/postgresql'
import { RedisContainer } from '@testcontainers/redis'
import { getContainerRuntimeClient } from 'testcontainers'
import type { TestServices } from './test-services.ts'

const POSTGRES = 'postgres:17-alpine'
const REDIS = 'redis:7-alpine'

/**
 * Postgres is the container's first process, which inherits orphans. A health check that is killed at its timeout, as Testcontainers' own
 * is after a second on a busy machine, leaves an orphan that died of a signal. Postgres takes that for a crash of its own and goes into
 * recovery mode.
 */
const PATIENT_HEALTH_CHECK = {
  test: ['CMD', 'pg_isready', '--host', 'localhost'] as ['CMD', ...string[]],
  interval: 500,
  timeout: 60_000,
  retries: 1_000,
}

/** Null when a Docker engine answers, else the reason. */
export async function dockerRefusal(): Promise<string | null> {
  // In a container, Testcontainers reaches a local engine's ports through the bridge's gateway, which does not always work.
  const { DOCKER_HOST = 'unix://' } = process.env
  if (DOCKER_HOST.startsWith('unix://')) process.env.TESTCONTAINERS_HOST_OVERRIDE ??= '127.0.0.1'
  try {
    await getContainerRuntimeClient()
    return null
  } catch (error) {
    return error instanceof Error ? error.message : String(error)
  }
}

/** Postgres and Redis in containers for this run. The reaper removes them also when the run is killed. */
export async function startContainers(say: (line: string) => void): Promise<TestServices> {
  const started = await Promise.allSettled([
    new PostgreSqlContainer(POSTGRES).withCommand(['-c', 'max_connections=300']).withHealthCheck(PATIENT_HEALTH_CHECK).start(),
    new RedisContainer(REDIS).start(),
  ])
  const stop = async (): Promise<void> => {
    await Promise.all(started.map((outcome) => outcome.status === 'fulfilled' && outcome.value.stop({ timeout: 0 })))
  }
  const [postgres, redis] = started
  if (postgres.status === 'fulfilled' && redis.status === 'fulfilled') {
    say(`Postgres: Testcontainers, ${POSTGRES}, port ${postgres.value.getPort()}`)
    say(`Redis: Testcontainers, ${REDIS}, port ${redis.value.getPort()}`)
    return { postgresUrl: postgres.value.getConnectionUri(), redisUrl: redis.value.getConnectionUrl(), stop }
  }
  await stop()
  throw postgres.status === 'rejected' ? postgres.reason : redis.status === 'rejected' ? redis.reason : new Error('unreachable')
}

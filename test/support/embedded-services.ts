import { fileURLToPath } from 'node:url'
import { createLogger } from '../../src/platform/logger.ts'
import { startEmbeddedPostgres } from '../../src/platform/postgres/embedded-postgres.ts'
import { startRedis } from './redis-server.ts'
import type { TestServices } from './test-services.ts'

/** What the servers keep between runs: data (so that a run need not create it again) and a fetched Redis. */
const DIRECTORY = fileURLToPath(new URL('../../.gatehouse', import.meta.url))

/** The embedded Postgres, with data apart from the product's, and a Redis of this machine. Parallel runs share the Postgres. */
export async function startEmbeddedServices(say: (line: string) => void): Promise<TestServices> {
  const log = createLogger({ level: 'info', destination: { write: (line) => say((JSON.parse(line) as { msg: string }).msg) } })
  const redis = await startRedis({ directory: DIRECTORY, say })
  try {
    const postgres = await startEmbeddedPostgres({ directory: `${DIRECTORY}/test`, log })
    say(`Postgres: embedded, port ${new URL(postgres.url).port}${postgres.owned ? '' : ', shared with another run'}`)
    const stop = async (): Promise<void> => {
      await Promise.all([postgres.stop(), redis.stop()])
    }
    return { postgresUrl: postgres.url, redisUrl: redis.url, stop }
  } catch (error) {
    await redis.stop()
    throw error
  }
}

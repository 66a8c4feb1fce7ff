/**
 * A process of its own for embedded-postgres.test.ts: starts or joins the embedded Postgres under the given folder, reports it in one line
 * of JSON, and stops it cleanly on SIGINT.
 */

import { createLogger } from '../../../src/platform/logger.ts'
import { startEmbeddedPostgres } from '../../../src/platform/postgres/embedded-postgres.ts'

const [directory = ''] = process.argv.slice(2)
const { url, owned, stop } = await startEmbeddedPostgres({ directory, log: createLogger({ level: 'silent' }) })
process.once('SIGINT', async () => {
  await stop()
  process.exit(0)
})
console.log(JSON.stringify({ url, owned }))

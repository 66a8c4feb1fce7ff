import { PrismaPg } from '@prisma/adapter-pg'
import type { Pool } from 'pg'
import { PrismaClient } from '../../generated/prisma/client.ts'

export type { PrismaClient }

/**
 * Prisma on an open pool: typed reads on the same connections, with the same timeouts. The caller ends the pool; Prisma opens nothing else.
 */
export function createPrisma(pool: Pool): PrismaClient {
  return new PrismaClient({ adapter: new PrismaPg(pool) })
}

import { PrismaPg } from '@prisma/adapter-pg'
import type { Pool } from 'pg'
import { PrismaClient } from '../../generated/prisma/client.ts'

export type { PrismaClient }

/** Prisma over an open pool: typed reads on the same connections and time-outs as everything else. The caller ends the pool; nothing else is open. */
export function createPrisma(pool: Pool): PrismaClient {
  return new PrismaClient({ adapter: new PrismaPg(pool) })
}

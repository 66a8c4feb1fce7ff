import { createPerform } from '../../../src/operate/audited.ts'
import type { ErasureParts } from '../../../src/operate/privacy/apply-erasure.ts'
import { type ErasureUseCases, erasureUseCases } from '../../../src/operate/privacy/erasures.ts'
import type { Pipeline } from '../../saga/start-pipeline.ts'

/** The parts of an erasure on a pipeline. */
export function erasureParts({ pool, vault, vaultKeys, ledger, requests, encryptionKey }: Pipeline): ErasureParts {
  return { pool, vault, keys: vaultKeys.keys, onboardings: ledger, requests, encryptionKey, now: Date.now }
}

/** The use cases of erasure on a pipeline. */
export function erasuresOf(pipeline: Pipeline): ErasureUseCases {
  const { pool, paxos } = pipeline
  return erasureUseCases({ ...erasureParts(pipeline), paxos, perform: createPerform(pool, Date.now) })
}

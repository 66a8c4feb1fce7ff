import type { IncomingHttpHeaders } from 'node:http'
import type { DeliverySample, Proof } from '../inbox/delivery-samples.ts'

/** Samples taken in a second, at most: of refused deliveries, and of accepted ones. */
const REFUSED_PER_SECOND = 10
const ACCEPTED_PER_SECOND = 50
const FLUSH_MS = 1_000
const FORGET_MS = 600_000

export interface EvidenceStore {
  insert(samples: readonly DeliverySample[]): Promise<void>
  forget(): Promise<void>
}

/** Keeps evidence of deliveries. Neither call waits or throws: evidence is beside the work and never in its way. */
export interface DeliveryEvidence {
  /** Makes the sample only where there is still room for one of its kind in this second: making it costs hashes. */
  keep(kind: 'accepted' | 'refused', makeSample: () => DeliverySample): void
  /** Writes what is kept and not yet written. */
  close(): Promise<void>
}

/** `failed` is told of each batch that could not be written, with how many samples were lost. */
export function keepEvidence(store: EvidenceStore, failed: (error: unknown, lost: number) => void): DeliveryEvidence {
  let kept: DeliverySample[] = []
  let taken = { refused: 0, accepted: 0 }
  const flush = async (): Promise<void> => {
    const batch = kept
    kept = []
    taken = { refused: 0, accepted: 0 }
    if (batch.length > 0) await store.insert(batch).catch((error: unknown) => failed(error, batch.length))
  }
  let flushing: Promise<void> = Promise.resolve()
  const flushTimer = setInterval(() => {
    flushing = flush()
  }, FLUSH_MS).unref()
  const forgetTimer = setInterval(() => void store.forget().catch((error: unknown) => failed(error, 0)), FORGET_MS).unref()
  return {
    keep: (kind, makeSample) => {
      if (taken[kind] >= (kind === 'accepted' ? ACCEPTED_PER_SECOND : REFUSED_PER_SECOND)) return
      taken[kind] += 1
      kept.push(makeSample())
    },
    close: async () => {
      clearInterval(flushTimer)
      clearInterval(forgetTimer)
      await flushing
      await flush()
    },
  }
}

/** What a request offers as proof of its sender. Nothing of the proof itself. */
export function proofOf(headers: IncomingHttpHeaders, apiKeyHeader: string): Proof {
  if (headers[apiKeyHeader] !== undefined) return 'api-key'
  if (headers.authorization !== undefined) return 'bearer'
  return headers['webhook-signature'] === undefined ? 'none' : 'signature'
}

import type { IncomingHttpHeaders } from 'node:http'
import type { DeliverySample, Proof } from '../inbox/delivery-samples.ts'

/** Most samples a second: of refused deliveries, and of accepted ones. */
const REFUSED_PER_SECOND = 10
const ACCEPTED_PER_SECOND = 50
const FLUSH_MS = 1_000
const FORGET_MS = 600_000

export interface EvidenceStore {
  insert(samples: readonly DeliverySample[]): Promise<void>
  forget(): Promise<void>
}

/** Keeps evidence of deliveries. Neither call waits or throws, so evidence never delays a delivery. */
export interface DeliveryEvidence {
  /** Makes the sample only if this second has room for one of its kind: making it costs hashes. */
  keep(kind: 'accepted' | 'refused', makeSample: () => DeliverySample): void
  /** Writes the remaining samples. */
  close(): Promise<void>
}

/** `failed` receives each batch that could not be written, with the number of lost samples. */
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

/** The kind of proof that a request offers, without the proof itself. */
export function proofOf(headers: IncomingHttpHeaders, apiKeyHeader: string): Proof {
  if (headers[apiKeyHeader] !== undefined) return 'api-key'
  if (headers.authorization !== undefined) return 'bearer'
  return headers['webhook-signature'] === undefined ? 'none' : 'signature'
}

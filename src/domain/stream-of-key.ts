/**
 * The texts before the stream's id in a key. Two kinds of effects have keys that are older than the rule (effect.ts). By the rule the
 * stream's id follows the kind, and these prefixes of stream ids find it. An identity's id comes from Paxos and is a uuid today.
 */
const FORMS: readonly RegExp[] = [
  /^notice_[a-z_]+_\d+_(.+)$/,
  /^gatehouse-account-(.+)$/,
  /^gatehouse-[a-z-]+(?:\.[a-z_]+)?(?:\.\d+)?-((?:order-|quote-execution-|deposit-|transfer-|instructions-|wire-|members-|document-|account-|membership-|closing-|change-|identity_request_).+)$/,
  /^gatehouse-[a-z-]+(?:\.[a-z_]+)?(?:\.\d+)?-([0-9a-f]{8}[0-9a-f-]*)$/,
]

/** The stream id, or its prefix, in the key of an effect (`ref_id`, `webhook-id`); null: the text is no such key. */
export function streamOfKey(key: string): string | null {
  for (const form of FORMS) {
    const stream = form.exec(key)?.[1]
    if (stream !== undefined) return stream
  }
  return null
}

/** What forbids an erasure now, with the operator's remedy. */
export interface ErasureBlock {
  readonly kind: 'legal-hold' | 'open-order' | 'open-transfer' | 'running-effect' | 'balance'
  /** Of the order, the transfer, the effect, the asset, or the name of the hold. */
  readonly id: string
  readonly detail: string
  readonly remedy: string
}

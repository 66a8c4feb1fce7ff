/** A part that something can be put in front of, by its name. */
export type WrappedPart =
  | 'inbox'
  | 'ledger'
  | 'orderLedger'
  | 'depositLedger'
  | 'quoteLedger'
  | 'instructionsLedger'
  | 'transferLedger'
  | 'reader'

/** Gives back the part, or one that stands in front of it. */
export type Wrap = <Part extends object>(name: WrappedPart, part: Part) => Part

export const NOT_WRAPPED: Wrap = (_name, part) => part

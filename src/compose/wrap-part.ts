/** Names of the parts that can be wrapped. */
export type WrappedPart =
  | 'inbox'
  | 'ledger'
  | 'orderLedger'
  | 'depositLedger'
  | 'quoteLedger'
  | 'instructionsLedger'
  | 'transferLedger'
  | 'wireLedger'
  | 'memberLedger'
  | 'documentLedger'
  | 'accountLedger'
  | 'accountMemberLedger'
  | 'closingLedger'
  | 'changeLedger'
  | 'reader'

/** Returns the part, or a wrapper of it. */
export type Wrap = <Part extends object>(name: WrappedPart, part: Part) => Part

export const NOT_WRAPPED: Wrap = (_name, part) => part

/**
 * The instants at which a crash would hurt most: before and after each commit, upstream call, enqueue and answer. Tests pass
 * a function that kills the process there; in production nothing is passed and nothing happens.
 */
export const CHECKPOINTS = [
  'before-confirm',
  'after-confirm',
  'before-claim-commit',
  'after-claim-commit',
  'before-account-call',
  'after-account-call',
  'before-notice-send',
  'after-notice-send',
  'before-receipt-commit',
  'after-receipt-commit',
  'before-settle',
  'after-settle',
] as const
export type Checkpoint = (typeof CHECKPOINTS)[number]

export type ReachCheckpoint = (at: Checkpoint) => void

import type { JobsOptions } from 'bullmq'

/** Ids only, never data: which row of the inbox to work on, and which opening of it is meant. */
export interface EventJob {
  /** Inbox sequence number (bigint as text). */
  seq: string
  /** Grows when an operator replays the event, so that a job still known to the queue cannot swallow the new one. */
  generation: number
  /** The job that it shares with other events of its commit (bigint as text); none or null: one of its own. */
  batch?: string | null
}

/** The queue's name at the backend. */
export const QUEUE_NAME = 'gatehouse-events'
/** The name of the job that asks whether jobs are taken. */
export const CANARY = 'canary'

/** What a job carries: one event, or those of a batch, none of which was ever opened again. */
export type JobData = { seq: string; generation: number } | { batch: string; seqs: string[] }

export type NewJob = { name: 'event'; data: JobData; opts: JobsOptions }

export function jobsOf(events: readonly EventJob[]): NewJob[] {
  const batches = Map.groupBy(events, ({ batch }) => batch ?? null)
  return [...batches].flatMap(([batch, members]) => (batch === null ? members.map((event) => ownJob(event)) : [sharedJob(batch, members)]))
}

/** Its id has a hyphen, because BullMQ keeps colons for itself. */
export function ownJob({ seq, generation }: EventJob, opts: JobsOptions = {}): NewJob {
  return { name: 'event', data: { seq, generation }, opts: { ...opts, jobId: `${seq}-${generation}` } }
}

function sharedJob(batch: string, members: readonly EventJob[]): NewJob {
  return { name: 'event', data: { batch, seqs: members.map(({ seq }) => seq) }, opts: { jobId: `batch-${batch}` } }
}

export function eventsOf(data: JobData): EventJob[] {
  return 'seqs' in data ? data.seqs.map((seq) => ({ seq, generation: 0, batch: data.batch })) : [data]
}

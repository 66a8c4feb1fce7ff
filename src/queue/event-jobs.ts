import type { JobsOptions } from 'bullmq'

/** Ids only, never data: the row of the inbox, and its generation. */
export interface EventJob {
  /** Inbox sequence number (bigint as text). */
  seq: string
  /** Grows when an operator replays the event, so that an old job on the queue cannot swallow the new one. */
  generation: number
  /** Number of the job that it shares with other events of its commit (bigint as text); absent or null: it has a job of its own. */
  batch?: string | null
}

/** The queue's name at the backend. */
export const QUEUE_NAME = 'gatehouse-events'
/** Name of the job that tests whether workers take jobs. */
export const CANARY = 'canary'

/** The content of a job: one event, or those of a batch. No event of a batch was ever opened again. */
export type JobData = { seq: string; generation: number } | { batch: string; seqs: string[] }

export type NewJob = { name: 'event'; data: JobData; opts: JobsOptions }

export function jobsOf(events: readonly EventJob[]): NewJob[] {
  const batches = Map.groupBy(events, ({ batch }) => batch ?? null)
  return [...batches].flatMap(([batch, members]) => (batch === null ? members.map((event) => ownJob(event)) : [sharedJob(batch, members)]))
}

/** The job of a single event. Its id has a hyphen, because BullMQ reserves colons. */
export function ownJob({ seq, generation }: EventJob, opts: JobsOptions = {}): NewJob {
  return { name: 'event', data: { seq, generation }, opts: { ...opts, jobId: `${seq}-${generation}` } }
}

function sharedJob(batch: string, members: readonly EventJob[]): NewJob {
  return { name: 'event', data: { batch, seqs: members.map(({ seq }) => seq) }, opts: { jobId: `batch-${batch}` } }
}

export function eventsOf(data: JobData): EventJob[] {
  return 'seqs' in data ? data.seqs.map((seq) => ({ seq, generation: 0, batch: data.batch })) : [data]
}

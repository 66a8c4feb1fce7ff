import type { FastifyInstance } from 'fastify'
import { z } from 'zod'
import type { SandboxState } from '../sandbox-state.ts'
import type { AddControl } from './add-control.ts'
import { readControl } from './read-control.ts'
import { RuleFileSchema } from './rule-file.ts'
import { STORY_KINDS } from './story-log.ts'
import { StoryRunner } from './story-runner.ts'
import { summarizeStory } from './summarize-story.ts'

const LogQuery = z.strictObject({
  after: z.coerce.number().int().min(0).default(0),
  limit: z.coerce.number().int().min(1).max(100_000).default(10_000),
  kind: z.enum(STORY_KINDS).optional(),
  identityId: z.string().optional(),
})
/** The story: replay a rule file, follow its timeline, read the log of what happened. */
export function storyControl(
  control: AddControl,
  { app, state, reset }: { app: FastifyInstance; state: SandboxState; reset: (seed: number | undefined) => void },
): void {
  const { story } = state
  const runner = new StoryRunner({ app, state, reset })
  app.addHook('preClose', (done) => {
    runner.stop()
    done()
  })
  control('PUT /story', 'replays a rule file (docs/simulator.md): resets, loads its rules, follows its timeline', ({ body }) => {
    runner.begin(readControl(RuleFileSchema, body))
    return { rules: state.rules.rules, timeline: runner.progress }
  })
  control('GET /story', 'the actions of the rules so far, and the position in the timeline', () => ({
    rules: state.rules.rules,
    timeline: runner.progress,
  }))
  control('GET /story.jsonl', 'the log without clock times and durations: the same bytes for the same seed, rules and calls', () =>
    story.told(),
  )
  control('DELETE /story', 'stops the timeline and drops the rules; what they did stays', () => {
    runner.stop()
    state.rules.clear()
  })

  control('GET /log', 'what happened, oldest first: ?after=seq&limit=&kind=&identityId=', ({ query }) => {
    const { kind, identityId, ...range } = readControl(LogQuery, query)
    const entries = story.read({ ...range, ...(kind ? { kind } : {}), ...(identityId ? { identityId } : {}) })
    return { entries, lastSeq: story.lastSeq, dropped: story.dropped }
  })
  control('GET /summary', 'totals of the log: accounts per identity, calls by outcome, deliveries', () => summarizeStory(state))
}

/** Code whose guards are broken one by one, with the tests that must notice. */
export interface MutationGroup {
  mutate: string[]
  /** Globs of test files that reach the code, without those that kill processes or create load, which take minutes each. */
  tests: string[]
  /** They need neither Postgres nor Redis. */
  inMemory?: boolean
}

export const MUTATION_GROUPS: Readonly<Record<string, MutationGroup>> = {
  core: {
    mutate: ['src/domain/{effect,notification,outcome,stream}.ts', 'src/domain/onboarding/*.ts'],
    tests: ['test/domain/onboarding/*.test.ts', 'test/domain/outcome.test.ts', 'test/faults/schedules.test.ts'],
    inMemory: true,
  },
  commits: { mutate: ['src/platform/group-committer.ts'], tests: ['test/platform/group-committer.test.ts'], inMemory: true },
  arrays: { mutate: ['src/platform/postgres/array-parameter.ts'], tests: ['test/platform/postgres/array-parameter.test.ts'] },
  receive: {
    mutate: ['src/receive/{authenticate-webhook,match-secret,verify-signature}.ts'],
    tests: ['test/receive/*.test.ts'],
  },
  inbox: {
    mutate: ['src/inbox/{accept-events,fold-deliveries,insert-events,writer-pool,inbox,complete-events}.ts'],
    tests: ['test/inbox/*.test.ts'],
  },
  ledger: { mutate: ['src/ledger/{ledger,ledger-rows,onboarding-table,stream-table,verify-ledger}.ts'], tests: ['test/ledger/*.test.ts'] },
  saga: {
    mutate: [
      'src/saga/{count-lookup,dispatch-due-events,fail-event,onboarding-route,prepare-event,prepare-stream,process-event,run-stream,stream-kind}.ts',
      'src/effects/{account-at-paxos,create-account,describe-attempt,send-notification}.ts',
      'src/paxos/accounts.ts',
    ],
    tests: [
      'test/faults/{quarantine,schedules}.test.ts',
      'test/saga/{advance-onboarding,count-lookup,dispatch-due-events,prepare-event,process-event,run-stream,run-stream-protocol,work-on-events}.test.ts',
      'test/effects/{account-at-paxos,describe-attempt,estimates,room,same-receipt}.test.ts',
      'test/paxos/{accounts,resources}.test.ts',
    ],
    inMemory: true,
  },
  trading: {
    mutate: ['src/effects/{cancel-order,execute-quote,fund-account,place-order,settle-quote}.ts', 'src/domain/trade/*.ts'],
    tests: ['test/effects/*.test.ts', 'test/domain/trade/*.test.ts'],
    inMemory: true,
  },
  transfers: {
    mutate: ['src/effects/{create-deposit-instructions,send-wire}.ts', 'src/domain/transfer/*.ts', 'src/domain/{money,stream-of-key}.ts'],
    tests: [
      'test/effects/{create-deposit-instructions,room,send-wire}.test.ts',
      'test/domain/transfer/*.test.ts',
      'test/domain/{money,stream-of-key}.test.ts',
    ],
    inMemory: true,
  },
  replay: { mutate: ['src/replay/*.ts', 'src/inbox/seq-window.ts', 'src/inbox/match-events.ts'], tests: ['test/replay/*.test.ts'] },
  requests: {
    mutate: [
      'src/operate/onboarding/create-onboarding.ts',
      'src/effects/{create-identity,open-onboarding}.ts',
      'src/domain/identity-request/*.ts',
      'src/inbox/{commands,timers}.ts',
      'src/saga/identity-request-route.ts',
      'src/vault/*.ts',
    ],
    tests: ['test/operate/onboarding/create-onboarding.test.ts', 'test/inbox/commands.test.ts', 'test/vault/*.test.ts'],
  },
  sweep: {
    mutate: ['src/reconcile/{read-window,run-reconciliation,sweep-events}.ts', 'src/inbox/{known-events,sweep-windows}.ts'],
    tests: ['test/reconcile/*.test.ts'],
  },
}

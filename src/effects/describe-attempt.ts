import type { Attempt } from '../domain/effect.ts'
import { NoticeError } from '../notify/notice-errors.ts'
import { PaxosError } from '../paxos/paxos-errors.ts'
import { knownWords, typeOfKnownWords } from '../paxos/transport/known-words.ts'
import { errorCode } from '../platform/app-error.ts'

type Evidence = Pick<Attempt, 'operation' | 'status' | 'code' | 'problemType' | 'detail'>

const SUCCEEDED: Evidence = { operation: null, status: null, code: null, problemType: null, detail: null }

/** The recorded end of an attempt. `error`: what was thrown; absent after a success. */
export function describeAttempt(error?: unknown): Evidence {
  if (error === undefined) return SUCCEEDED
  const code = errorCode(error)
  if (error instanceof PaxosError) {
    const { operation, status } = error
    return {
      operation,
      status,
      code,
      problemType: typeOfKnownWords(error.problemType ?? undefined),
      detail: knownWords([error.title, error.detail].join(' ')),
    }
  }
  if (error instanceof NoticeError) return { ...SUCCEEDED, operation: 'notify', status: error.status, code }
  return { ...SUCCEEDED, code }
}

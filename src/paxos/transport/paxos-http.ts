import type { Histogram } from 'prom-client'
import { Pool } from 'undici'
import type { AddressPolicy } from '../../platform/address-policy.ts'
import { errorCode } from '../../platform/app-error.ts'
import { createByteRoom } from '../../platform/byte-room.ts'
import { guardedConnect } from '../../platform/guarded-connect.ts'
import { ExchangeFailedError, exchange, type HttpRequest } from '../../platform/http-exchange.ts'
import { requestTarget } from '../../platform/request-target.ts'
import { PaxosOutcomeUnknownError, PaxosUnavailableError } from '../paxos-errors.ts'
import { type AnswerRules, readAnswer } from './paxos-answer.ts'

/**
 * HTTP to one server of Paxos (the API, the token endpoint): keep-alive connections, one timeout per call, typed errors, a metric for every
 * call.
 */
export interface PaxosHttp {
  /** `path` is appended to the base URL: empty, or with a leading slash. @throws the errors of paxos-errors.ts */
  send<T>(request: HttpRequest, rules: AnswerRules<T>): Promise<T>
  /** Waits for calls in progress, for one timeout at most. */
  close(): Promise<void>
}

export interface PaxosHttpOptions {
  baseUrl: string
  timeoutMs: number
  connections: number
  /** Addresses that Paxos may have. */
  outgoing: AddressPolicy
  seconds: Histogram<'operation' | 'outcome'>
}

/** A page of 100 events has about 50 kB. */
const LARGEST_ANSWER_BYTES = 1024 * 1024
/** Most bytes of all answers in progress together, so that endless answers cannot fill the memory. */
const ALL_ANSWERS_BYTES = 32 * 1024 * 1024

/** The connections to one address of Paxos, with a limit on the bytes of all answers in progress. */
export function createPaxosHttp({ baseUrl, timeoutMs, connections, outgoing, seconds }: PaxosHttpOptions): PaxosHttp {
  const { origin, path: asSet } = requestTarget(baseUrl)
  const basePath = asSet.replace(/\?.*$/, '').replace(/\/+$/, '')
  const pool = new Pool(origin, {
    connections,
    connect: guardedConnect({ policy: outgoing, timeoutMs }), // HTTP/1.1, one call at a time on a connection: only so is "never sent" certain
    headersTimeout: 0, // `exchange` has the only timeout
    bodyTimeout: 0,
  })

  const room = createByteRoom({ each: LARGEST_ANSWER_BYTES, total: ALL_ANSWERS_BYTES })

  const attempt = async <T>(request: HttpRequest, rules: AnswerRules<T>): Promise<T> => {
    const { operation, acts } = rules
    const answer = await exchange(
      pool,
      { ...request, path: request.path === '' ? asSet : basePath + request.path },
      { timeoutMs, until: 'end', room },
    ).catch((error: unknown) => {
      const sent = error instanceof ExchangeFailedError && error.sent
      throw acts && sent
        ? new PaxosOutcomeUnknownError({ operation, cause: error })
        : new PaxosUnavailableError({ operation, cause: error })
    })
    return readAnswer(answer, rules, request.body)
  }

  return {
    async send(request, rules) {
      const startedMs = performance.now()
      let outcome = 'ok'
      try {
        return await attempt(request, rules)
      } catch (error) {
        outcome = errorCode(error)
        throw error
      } finally {
        seconds.observe({ operation: rules.operation, outcome }, (performance.now() - startedMs) / 1000)
      }
    },
    close: () => pool.close(),
  }
}

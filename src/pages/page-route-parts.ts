import type { FastifyRequest } from 'fastify'
import type { Actor } from '../domain/actor.ts'
import type { OperatorUseCases } from '../operate/use-cases.ts'
import type { PageOperator } from './page-operator.ts'

/** What the routes of pages share. */
export interface PageRouteParts {
  useCases: OperatorUseCases
  /** Who reads the page, and when. */
  reader: (request: FastifyRequest) => { operator: PageOperator; now: Date }
  /** Who acts, for the audit. */
  actorOf: (request: FastifyRequest) => Actor
}

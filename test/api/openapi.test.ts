import { describe, expect, it } from 'vitest'
import { z } from 'zod'
import { ANSWER_EXAMPLES, REQUEST_EXAMPLES } from '../../src/api/api-examples.ts'
import { API_SCHEMAS, type ApiSchemaName } from '../../src/api/api-schemas.ts'
import { Notification } from '../../src/api/notification-schema.ts'
import { operationId } from '../../src/api/operation-id.ts'
import { operatorRoutes } from '../../src/api/operator-api.ts'
import { apiDocument } from '../../src/compose/api-documents.ts'
import { noticeBody } from '../../src/notify/notice-body.ts'
import type { OperatorUseCases } from '../../src/operate/use-cases.ts'
import { parseDelivery } from '../../src/receive/parse-delivery.ts'
import { documentsNotice, readyNotice } from '../notify/notices.ts'

interface Operation {
  operationId: string
  tags: string[]
  summary: string
  requestBody?: { content: Record<string, { example?: unknown; schema: object }> }
  parameters?: { name: string; example?: string; schema: { pattern?: string } }[]
  responses: Record<string, unknown>
}

interface Document {
  servers: unknown[]
  info: { license: object }
  paths: Record<string, Record<string, Operation>>
  webhooks: Record<string, Record<string, Operation>>
  components: { schemas: Record<string, unknown> }
  tags: { name: string }[]
}

const documents = (['operator', 'receiver'] as const).map((name) => ({ name, document: apiDocument(name) as unknown as Document }))
const operations = (document: Document): Operation[] => Object.values(document.paths).flatMap((of) => Object.values(of))

describe('F29: an OpenAPI document', () => {
  it.each(documents)('of the $name names each operation once, with a tag that is described', ({ document }) => {
    const ids = operations(document).map((operation) => operation.operationId)
    expect(new Set(ids).size).toBe(ids.length)
    for (const { operationId: id, tags, summary, responses } of operations(document)) {
      expect(id).toMatch(/^[a-z][A-Za-z]+$/)
      expect(document.tags.map(({ name }) => name)).toContain(tags[0])
      expect(summary).not.toBe('')
      expect(Object.keys(responses).some((status) => status.startsWith('4'))).toBe(true)
    }
  })

  it.each(documents)('of the $name names its server and licence, and refers to nothing that is missing', ({ document }) => {
    expect(document.servers).toHaveLength(1)
    expect(document.info.license).toMatchObject({ name: 'MIT' })
    for (const [, name = ''] of JSON.stringify(document).matchAll(/"\$ref":"#\/components\/schemas\/(\w+)"/g)) {
      expect(document.components.schemas).toHaveProperty(name)
    }
  })

  it.each(documents)('of the $name has an example for each request body', ({ document }) => {
    for (const { operationId: id, requestBody } of operations(document)) {
      if (requestBody) expect([id, Object.values(requestBody.content)[0]?.example]).toEqual([id, expect.anything()])
    }
  })

  it('has examples that its own schemas accept', () => {
    for (const { method, path, schemas } of operatorRoutes({} as OperatorUseCases)) {
      const example = REQUEST_EXAMPLES[operationId(method, path)]
      if (schemas.body && example) expect(schemas.body.safeParse(example).error).toBe(undefined)
    }
    const parameters = Object.values(documents[0]?.document.paths ?? {}).flatMap((methods) =>
      Object.values(methods).flatMap(({ parameters = [] }) => parameters),
    )
    const shown = parameters.filter(({ example }) => example !== undefined)
    expect(shown.some(({ name }) => name === 'id')).toBe(true)
    for (const { example, schema } of shown) expect(example).toMatch(new RegExp(schema.pattern ?? ''))
    for (const [name, example] of Object.entries(ANSWER_EXAMPLES))
      expect(API_SCHEMAS[name as ApiSchemaName].safeParse(example).error).toBe(undefined)
    const delivery = documents[1]?.document.paths['/webhooks/paxos']?.post?.requestBody?.content['application/json']?.example
    expect(parseDelivery(Buffer.from(JSON.stringify(delivery)))).toMatchObject({ type: 'identity.approved' })
  })

  it('describes the notifications as they are sent', () => {
    for (const notice of [readyNotice, documentsNotice]) expect(Notification.safeParse(noticeBody(notice)).error).toBe(undefined)
    const sent = documents[0]?.document.webhooks.notification?.post
    expect(sent?.operationId).toBe('receiveNotification')
    expect(Notification.safeParse(sent?.requestBody?.content['application/json']?.example).error).toBe(undefined)
  })

  it('has a schema for every request body', () => {
    for (const { schemas } of operatorRoutes({} as OperatorUseCases))
      if (schemas.body) expect(Object.keys(z.toJSONSchema(schemas.body, { io: 'input' })).length).toBeGreaterThan(1)
  })
})

describe('F29: the name of an operation', () => {
  it.each([
    ['GET', '/v1/onboardings', 'listOnboardings'],
    ['GET', '/v1/onboardings/{id}', 'getOnboarding'],
    ['POST', '/v1/onboardings', 'createOnboarding'],
    ['POST', '/v1/replays/{id}/approve', 'approveReplay'],
    ['GET', '/v1/stats', 'getStats'],
    ['POST', '/v1/events/{event_id}/dismiss', 'dismissEvent'],
    ['POST', '/v1/queue/pause', 'pauseQueue'],
    ['POST', '/v1/accounts/{id}/orders', 'createAccountOrder'],
    ['POST', '/v1/accounts/{id}/orders/preview', 'previewAccountOrder'],
    ['GET', '/v1/accounts/{id}/balances', 'listAccountBalances'],
    ['DELETE', '/v1/accounts/{id}/members/{memberId}', 'deleteAccountMember'],
    ['PATCH', '/v1/onboardings/{id}', 'updateOnboarding'],
    ['POST', '/v1/onboardings/{id}/kyc-refresh', 'kycRefreshOnboarding'],
  ])('for %s %s is %s', (method, path, id) => {
    expect(operationId(method, path)).toBe(id)
  })
})

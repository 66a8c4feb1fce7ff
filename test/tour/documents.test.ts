import { Readable } from 'node:stream'
import { describe, expect, it } from 'vitest'
import type { DocumentSnapshot } from '../../src/domain/document/document.ts'
import type { Ledger } from '../../src/ledger/ledger.ts'
import { verifyLedger } from '../../src/ledger/verify-ledger.ts'
import { createPerform } from '../../src/operate/audited.ts'
import { documentUseCases } from '../../src/operate/documents/document-use-cases.ts'
import { UPLOAD_LEASE_MS, type UploadParts, uploadDocument } from '../../src/operate/documents/upload-document.ts'
import { idOfKey } from '../../src/operate/request/id-of-key.ts'
import type { DocumentsOfPaxos } from '../../src/paxos/documents.ts'
import { SETTLE_DOCUMENT } from '../../src/saga/document-route.ts'
import { ENCRYPTION_KEY, type Pipeline } from '../saga/start-pipeline.ts'
import { createWorld, eventually, reaches, type World } from '../saga/world.ts'
import { person } from '../sandbox/person.ts'
import { forEachBackend } from '../support/queue-backends.ts'
import { TESTER } from './trader.ts'

const PDF = Buffer.concat([Buffer.from('%PDF-1.7\n'), Buffer.alloc(400_000, 'p')])
const file = () => ({ stream: Readable.from([PDF.subarray(0, 200_000), PDF.subarray(200_000)]), length: PDF.length })

const partsOf = ({ trading, ledger, paxos, inbox }: Pipeline): UploadParts => ({
  ...{ documents: trading.documentLedger, onboardings: ledger, paxos, inbox, encryptionKey: ENCRYPTION_KEY, now: Date.now },
})

/** A customer of whom Paxos wants a proof of funds, and who is approved once it is there. */
async function customer({ sandbox }: World, pipeline: Pipeline): Promise<string> {
  const { id } = await pipeline.paxos.identities.create({ ...person({ decision: 'never' }), ref_id: 'customer-1' })
  const identity = sandbox.identities.get(id)
  if (!identity) throw new Error('the simulator made no identity')
  sandbox.engine.decide(identity, 'documents-then-approve', { documents: ['PROOF_OF_FUNDS'] })
  await pipeline.accept(sandbox.events.all.findLast(({ type }) => type === 'identity.documents_required')!)
  await reaches(pipeline, id, 'documents_required')
  return id
}

/** The points at which a process dies without a trace. */
const DEATHS = ['before-intent', 'after-intent', 'after-announcement', 'midway', 'after-upload', 'after-receipt'] as const
type Death = (typeof DEATHS)[number]
const forever = (): Promise<never> => new Promise(() => undefined)

/** The parts of a process that dies there. Its clock is behind by a lease, so that the next process need not wait for it. */
function dying(parts: UploadParts, death: Death, died: () => void): UploadParts {
  const die = async (): Promise<never> => {
    died()
    return forever()
  }
  let commits = 0
  const documents: Ledger<DocumentSnapshot> = {
    ...parts.documents,
    commit: async (change) => {
      commits += 1
      if (commits === 1 && death === 'before-intent') return die()
      if (commits === 2 && death === 'after-upload') return die()
      const committed = await parts.documents.commit(change)
      if (commits === 1 && death === 'after-intent') return die()
      return commits === 2 && death === 'after-receipt' ? die() : committed
    },
  }
  const of = parts.paxos.documents
  const paxos: { documents: DocumentsOfPaxos } = {
    documents: {
      list: of.list,
      announce: async (...asked) => {
        const announced = await of.announce(...asked)
        return death === 'after-announcement' ? die() : announced
      },
      upload: async (url, sent) => {
        if (death !== 'midway') return of.upload(url, sent)
        await sent.body[Symbol.asyncIterator]().next()
        return die()
      },
    },
  }
  return { ...parts, documents, paxos, now: () => Date.now() - UPLOAD_LEASE_MS - 60_000 }
}

forEachBackend((backend) => {
  const open = async (): Promise<{ world: World; pipeline: Pipeline; identityId: string }> => {
    const world = await createWorld(backend, { decisionDelayMs: 10 })
    const pipeline = await world.start()
    return { world, pipeline, identityId: await customer(world, pipeline) }
  }

  describe('a customer of whom Paxos wants a document', () => {
    it('notifies the application, sends the document, and makes the customer ready after the decision', async () => {
      const { world, pipeline, identityId } = await open()
      const told = () =>
        world.notices.deliveries.map(({ body }) => JSON.parse(String(body)) as { type: string; data: Record<string, unknown> })
      await eventually(told, (all) => all.some(({ type }) => type === 'onboarding.documents_required'))
      expect(told().find(({ type }) => type === 'onboarding.documents_required')?.data.requiredDocuments).toEqual(['PROOF_OF_FUNDS'])
      const useCases = documentUseCases({ ...partsOf(pipeline), pool: pipeline.pool, perform: createPerform(pipeline.pool, Date.now) })
      expect((await useCases.listDocuments(identityId)).wanted).toEqual(['PROOF_OF_FUNDS'])
      const asked = { identityId, idempotencyKey: 'funds', documentTypes: ['PROOF_OF_FUNDS'] as const, file: file() }
      expect(await useCases.uploadDocument(asked, TESTER)).toMatchObject({
        created: true,
        document: { state: 'uploaded', bytes: PDF.length },
      })
      expect(await useCases.listDocuments(identityId)).toMatchObject({ wanted: [], uploads: [{ state: 'uploaded' }] })
      const approved = await eventually(
        () => world.sandbox.events.all.find(({ type }) => type === 'identity.approved'),
        (event) => event !== undefined,
      )
      await pipeline.accept(approved!)
      await reaches(pipeline, identityId, 'ready')
      expect(await verifyLedger(pipeline.pool)).toMatchObject({ faults: [] })
    })
  })

  describe('a process that dies during an upload', () => {
    it.each(DEATHS)('leaves an upload that a worker ends, and that the same request completes once: %s', async (death) => {
      const { world, pipeline, identityId } = await open()
      const asked = () => ({ identityId, idempotencyKey: 'funds', documentTypes: ['PROOF_OF_FUNDS'] as const, file: file() })
      await new Promise<void>((died) => {
        uploadDocument(dying(partsOf(pipeline), death, died), asked(), TESTER).catch(() => undefined)
      })
      const documentId = idOfKey('document', 'funds')
      const load = async () => (await pipeline.trading.documentLedger.load(documentId))?.document
      if (death !== 'before-intent') {
        expect((await load())?.state).toBe(death === 'after-receipt' ? 'uploaded' : 'sending')
        await pipeline.inbox.setTimer({ streamId: documentId, name: SETTLE_DOCUMENT, dueAt: new Date(), identityId })
        const arrived = death === 'after-upload' || death === 'after-receipt'
        await eventually(load, (document) => document?.state !== 'sending')
        expect(await load()).toMatchObject(arrived ? { state: 'uploaded' } : { state: 'failed', reason: 'interrupted' })
      }
      expect((await uploadDocument(partsOf(pipeline), asked(), TESTER)).document.state).toBe('uploaded')
      expect((await uploadDocument(partsOf(pipeline), asked(), TESTER)).created).toBe(false)
      expect(world.sandbox.identities.get(identityId)?.documents.filter(({ uploaded }) => uploaded)).toHaveLength(1)
      expect(await verifyLedger(pipeline.pool)).toMatchObject({ faults: [] })
    })
  })
})

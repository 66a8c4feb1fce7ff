import type { createIdentity } from '../../src/sandbox/world/create-identity.ts'
import { samplePerson } from '../../src/sandbox/world/sample-person.ts'

type NewPerson = Parameters<typeof createIdentity>[1]

/** An invented person with a unique name at Paxos (`refId`) and a unique number (`n`, up to 71,999). */
export function inventedPerson(refId: string, n: number): NewPerson {
  const sample = samplePerson() as NewPerson // the body of Create Identity
  const details = sample.person_details
  if (!details) throw new Error('the sample is no person')
  const cipId = `${100 + (n % 800)}-${10 + (Math.floor(n / 800) % 90)}-1234`
  return {
    ...sample,
    ref_id: refId,
    person_details: { ...details, first_name: 'Invented', last_name: 'Person', date_of_birth: '1990-01-01', cip_id: cipId },
  }
}

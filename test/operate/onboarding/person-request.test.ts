import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { ASCII_TEXT, asciiSpelling } from '../../../src/domain/person/ascii-spelling.ts'
import { birthDateFault } from '../../../src/domain/person/birth-date.ts'
import { fieldErrors, sayIssue } from '../../../src/operate/input/field-errors.ts'
import { PersonRequest } from '../../../src/operate/onboarding/person-request.ts'
import { samplePerson } from '../../../src/sandbox/world/sample-person.ts'

type Person = Record<string, unknown> & {
  person_details: Record<string, unknown> & { address: Record<string, unknown> }
  customer_due_diligence: Record<string, unknown>
}

/** The faults of an invented person after `change`, by field. */
function faults(change: (person: Person) => void): Record<string, string> {
  const person = structuredClone(samplePerson()) as Person
  change(person)
  return Object.fromEntries(errorsOf(person).map(({ field, message }) => [field, message]))
}

function errorsOf(person: unknown): { field: string; message: string; suggestion?: string }[] {
  const parsed = PersonRequest.safeParse(person, { error: sayIssue })
  return parsed.success ? [] : fieldErrors(parsed.error, { known: [], whole: 'body' })
}

describe('F33: a person', () => {
  it('is accepted as the simulator invents it', () => {
    expect(errorsOf(samplePerson())).toEqual([])
  })

  it.each([
    ['1990-02-30', 'is not a calendar date: that month has 28 days'],
    ['2000-02-30', 'is not a calendar date: that month has 29 days'],
    ['1990-13-01', 'is not a calendar date: months are 01 to 12'],
    ['1990-00-10', 'is not a calendar date: months are 01 to 12'],
    ['12.04.1988', 'must be written YYYY-MM-DD'],
    ['2130-01-01', 'must not be in the future'],
    ['1850-01-01', 'is impossible: it is more than 130 years ago'],
  ])('cannot be born on %s, and the answer says why', (date, message) => {
    expect(faults(({ person_details }) => Object.assign(person_details, { date_of_birth: date }))).toEqual({
      'person_details.date_of_birth': message,
    })
  })

  it('needs an existing country and a possible US ZIP code', () => {
    const reported = faults(({ person_details: { address }, person_details }) => {
      Object.assign(person_details, { nationality: 'ZZZ', cip_id_country: 'usa' })
      Object.assign(address, { country: 'USA', zip_code: 'ABC' })
    })
    expect(reported).toMatchObject({
      'person_details.nationality': 'is not a country code of ISO 3166-1 alpha-3',
      'person_details.cip_id_country': 'must be an ISO 3166-1 alpha-3 code in capitals, such as USA',
      'person_details.address.zip_code': 'must be a US ZIP code: 12207 or 12207-1234',
    })
  })

  it('has null reported as null and a missing field as missing', () => {
    const reported = faults(({ person_details }) => {
      Object.assign(person_details, { first_name: null, middle_name: null })
      delete person_details.last_name
    })
    expect(reported).toEqual({
      'person_details.first_name': 'must be a string, not null; omit the field if there is no value',
      'person_details.middle_name': 'must be a string, not null; omit the field if there is no value',
      'person_details.last_name': 'is required',
    })
  })

  it('has all faults reported at once, of fields and across fields', () => {
    const reported = faults((person) => {
      Object.assign(person.person_details, {
        first_name: 7,
        cip_id_country: 'DEU',
        cip_id: '1',
        cip_id_type: 'SSN',
        verifier_type: 'PASSTHROUGH',
      })
      for (const field of Object.keys(person.person_details)) if (field.startsWith('passthrough')) delete person.person_details[field]
      Object.assign(person.person_details.address, { country: 'USA' })
      delete person.person_details.address.zip_code
      delete person.customer_due_diligence.source_of_wealth
      delete person.tax_details
      delete person.tax_details_not_required
    })
    expect(Object.keys(reported).sort()).toEqual([
      'customer_due_diligence.source_of_wealth',
      'person_details.address.zip_code',
      'person_details.cip_id',
      'person_details.first_name',
      'person_details.passthrough_verification_fields',
      'person_details.passthrough_verification_id',
      'person_details.passthrough_verification_status',
      'person_details.passthrough_verified_at',
      'person_details.passthrough_verifier_type',
      'tax_details',
    ])
  })

  it('gets the ASCII spelling of a name, or the note that its script has none', () => {
    const reported = (name: string) => {
      const person = structuredClone(samplePerson()) as Person
      person.person_details.last_name = name
      return errorsOf(person)
    }
    expect(reported('García')).toEqual([
      { field: 'person_details.last_name', message: expect.stringContaining('suggestion'), suggestion: 'Garcia' },
    ])
    expect(reported('Иванов')).toEqual([{ field: 'person_details.last_name', message: expect.stringContaining('Latin letters') }])
  })

  it('cannot have unlimited metadata', () => {
    const entries = (count: number, value = 'x') => Object.fromEntries(Array.from({ length: count }, (_, at) => [`key${at}`, value]))
    expect(faults((person) => Object.assign(person, { metadata: entries(50) }))).toEqual({})
    expect(faults((person) => Object.assign(person, { metadata: entries(51) }))).toEqual({ metadata: 'may have at most 50 entries' })
    expect(faults((person) => Object.assign(person, { metadata: { a: 'x'.repeat(501) } }))).toEqual({
      'metadata.a': 'may have at most 500 characters',
    })
  })

  it('is checked without a throw, for any input', () => {
    fc.assert(fc.property(fc.anything(), (sent) => void errorsOf(sent)))
    fc.assert(
      fc.property(fc.anything(), fc.anything(), fc.anything(), (details, diligence, tax) => {
        expect(errorsOf({ person_details: details, customer_due_diligence: diligence, tax_details: tax }).length).toBeGreaterThan(0)
      }),
    )
  })

  it('has every fault reported that was made, and no other', () => {
    const FAULTS: Record<string, (person: Person) => void> = {
      'person_details.first_name': ({ person_details }) => Object.assign(person_details, { first_name: 'Zoë' }),
      'person_details.date_of_birth': ({ person_details }) => Object.assign(person_details, { date_of_birth: '1990-02-30' }),
      'person_details.nationality': ({ person_details }) => Object.assign(person_details, { nationality: 'XXX' }),
      'person_details.address.city': ({ person_details }) => Object.assign(person_details.address, { city: '' }),
      'customer_due_diligence.employment_status': ({ customer_due_diligence }) => delete customer_due_diligence.employment_status,
      'person_details.email': ({ person_details }) => Object.assign(person_details, { email: 'nobody' }),
      is_merchant: (person) => Object.assign(person, { is_merchant: 'no' }),
    }
    fc.assert(
      fc.property(fc.subarray(Object.keys(FAULTS)), (chosen) => {
        const reported = faults((person) => {
          for (const name of chosen) FAULTS[name]?.(person)
        })
        expect(Object.keys(reported).sort()).toEqual(chosen.toSorted())
      }),
    )
  })
})

describe('F63: a ref_id', () => {
  const remedy = 'ref_id is kept for ever and cannot be erased. Send your own id of the customer, such as user_01HZX3'
  const person = {
    first_name: 'Anna-Maria',
    last_name: 'Lindqvist',
    cip_id: 'X1234-5678',
    phone_number: '+46 70 123 45 67',
    date_of_birth: '1988-04-12',
  }
  const refused = (refId: string) =>
    errorsOf({
      ...samplePerson(),
      ref_id: refId,
      person_details: { ...(samplePerson() as Person).person_details, ...person, cip_id_type: 'PASSPORT', cip_id_country: 'SWE' },
      tax_details_not_required: true,
    })
      .filter(({ field }) => field === 'ref_id')
      .map(({ message }) => message)

  it.each([
    ['anna@example.com', 'must not be an e-mail address'],
    ['customer-078-05-1120', 'must not be a document number'],
    ['x12345678', "must not hold the person's document number (cip_id)"],
    ['kyc:X1234-5678:1', "must not hold the person's document number (cip_id)"],
    ['tel-46701234567', "must not hold the person's phone number"],
    ['born19880412', "must not hold the person's date of birth"],
    ['lindqvist', "must not hold the person's name"],
    ['anna-maria.lindqvist', "must not hold the person's name"],
    ['LindqvistAnnaMaria7', "must not hold the person's name"],
  ])('is refused with the remedy when it is %s', (refId, message) => {
    expect(refused(refId)).toEqual([`${message}: ${remedy}`])
  })

  it('has all its faults reported at once', () => {
    expect(refused('lindqvist@x12345678.example')).toHaveLength(3)
  })

  it.each(['user_01HZX3', '7f0f5b7e-2d83-4e7c-9a52-2a6a0c6e5d10', '123456789', 'customer-00000001', 'anna', 'lindqvisten-7'])(
    'is accepted when it is %s',
    (refId) => {
      expect(refused(refId)).toEqual([])
    },
  )
})

describe('F33: the ASCII spelling', () => {
  it.each([
    ['José Núñez', 'Jose Nunez'],
    ['Łukasz Żółć', 'Lukasz Zolc'],
    ['Großmann', 'Grossmann'],
    ['O’Brien–Smith', "O'Brien-Smith"],
    ['Þórður Ægisson', 'Thordur AEgisson'],
    ['Nguyễn Thị Ánh', 'Nguyen Thi Anh'],
    ['Ｆｕｌｌｗｉｄｔｈ', 'Fullwidth'],
    ['山田', null],
    ['Иванов', null],
    ['́', null],
  ])('of %s is %s', (text, spelling) => {
    expect(asciiSpelling(text)).toBe(spelling)
  })

  it('is ASCII or null, and stays the same when it is spelt again', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), (text) => {
        const spelt = asciiSpelling(text)
        if (spelt === null) return
        expect(spelt).toMatch(ASCII_TEXT)
        expect(asciiSpelling(spelt)).toBe(spelt)
      }),
    )
  })

  it('of every Latin letter with an accent is a Latin letter', () => {
    for (const letter of 'ÀÁÂÃÄÅÇÈÉÊËÌÍÎÏÑÒÓÔÕÖÙÚÛÜÝàáâãäåçèéêëìíîïñòóôõöùúûüýÿĀāĂăĄąĆćČčĎďĒēĘęĚěĞğĢģĪīĮįİıĶķĻļŁłŃńŅņŇňŌōŐőŔŕŘřŚśŞşŠšŢţŤťŪūŮůŰűŲųŹźŻżŽž') {
      expect([letter, asciiSpelling(letter)]).toEqual([letter, expect.stringMatching(/^[A-Za-z]$/)])
    }
  })
})

describe('F33: a date of birth', () => {
  it('is accepted exactly when it is a day of the calendar, at most 130 years ago and not after today', () => {
    fc.assert(
      fc.property(fc.date({ min: new Date('1897-01-01'), max: new Date('2026-11-27'), noInvalidDate: true }), (day) => {
        expect(birthDateFault(day.toISOString().slice(0, 10), '2026-11-27')).toBe(null)
      }),
    )
    fc.assert(
      fc.property(
        fc.integer({ min: 0, max: 9999 }),
        fc.integer({ min: 0, max: 99 }),
        fc.integer({ min: 0, max: 99 }),
        (year, month, day) => {
          const text = `${String(year).padStart(4, '0')}-${String(month).padStart(2, '0')}-${String(day).padStart(2, '0')}`
          const at = new Date(`${text}T00:00:00Z`)
          const exists = !Number.isNaN(at.getTime()) && at.toISOString().startsWith(text)
          if (!exists) expect(birthDateFault(text, '2026-11-27')).toContain('is not a calendar date')
        },
      ),
    )
  })
})

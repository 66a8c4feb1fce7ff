const REFRESH_DATE = 'last_kyc_refresh_date'
/** A date that Paxos shows as a time at midnight (paxos/api.md 4.2). */
const MIDNIGHT = /^(\d{4}-\d{2}-\d{2})T00:00:00(?:\.0+)?Z$/

/**
 * Whether an identity, as read from Paxos, shows every value of a delta. A cleared text may be absent. A KYC refresh that is newer than the
 * delta's counts too. `set_tax_details_not_required` is shown without its verb.
 */
export function isApplied(delta: Readonly<Record<string, unknown>>, identity: object): boolean {
  return Object.entries(delta).every(([name, wanted]) => {
    const shown: unknown = Reflect.get(identity, name.replace(/^set_/, ''))
    if (name === REFRESH_DATE) return typeof shown === 'string' && Date.parse(shown) >= Date.parse(String(wanted))
    return shows(wanted, shown)
  })
}

function shows(wanted: unknown, shown: unknown): boolean {
  if (wanted === '') return shown === '' || shown == null
  if (Array.isArray(wanted)) {
    return Array.isArray(shown) && shown.length === wanted.length && wanted.every((each, at) => shows(each, shown[at]))
  }
  if (typeof wanted === 'object' && wanted !== null) {
    return (
      typeof shown === 'object' && shown !== null && Object.entries(wanted).every(([name, each]) => shows(each, Reflect.get(shown, name)))
    )
  }
  return plain(wanted) === plain(shown)
}

function plain(value: unknown): unknown {
  return typeof value === 'string' ? (MIDNIGHT.exec(value)?.[1] ?? value) : value
}

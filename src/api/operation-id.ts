/**
 * The operation name for generated clients, derived from method and path, so that each new route gets one:
 * `GET /v1/onboardings` is `listOnboardings`, `GET /v1/onboardings/{id}` is `getOnboarding`, `POST /v1/replays/{id}/approve` is `approveReplay`.
 * A path ends in a plural noun (a collection), in a parameter (one item), or in a verb (the action of a POST).
 */
export function operationId(method: string, path: string): string {
  const segments = path.split('/').filter((segment) => segment !== '' && segment !== 'v1')
  const nouns = segments.filter((segment) => !segment.startsWith('{'))
  const last = segments.at(-1) ?? ''
  const owner = nouns.slice(0, -1).map(singular)
  const noun = nouns.at(-1) ?? ''
  if (method === 'GET') {
    if (last.startsWith('{')) return camelCase(['get', ...owner, singular(noun)])
    return camelCase([isPlural(noun) ? 'list' : 'get', ...owner, noun])
  }
  if (method !== 'POST') return camelCase([method === 'PATCH' ? 'update' : method.toLowerCase(), ...owner, singular(noun)])
  return isPlural(noun) ? camelCase(['create', ...owner, singular(noun)]) : camelCase([noun, ...owner])
}

/** Singular nouns of the API that end in s. */
const NOT_PLURAL = new Set(['stats', 'status'])

function isPlural(noun: string): boolean {
  return noun.endsWith('s') && !noun.endsWith('ss') && !NOT_PLURAL.has(noun)
}

function singular(noun: string): string {
  if (!isPlural(noun)) return noun
  return noun.endsWith('ies') ? `${noun.slice(0, -3)}y` : noun.slice(0, -1)
}

function camelCase(words: readonly string[]): string {
  const parts = words.flatMap((word) => word.split(/[-_]/))
  return parts.map((part, at) => (at === 0 ? part : part.charAt(0).toUpperCase() + part.slice(1))).join('')
}

import { describe, expect, it } from 'vitest'
import { sourceSecret } from '../../src/receive/source-secret.ts'

describe('the key of the hash of an address', () => {
  it('is the same for every receiver with the same webhook secrets in any order, and differs for others', () => {
    expect(sourceSecret(['one', 'two'])).toEqual(sourceSecret(['two', 'one']))
    expect(sourceSecret(['one', 'two'])).not.toEqual(sourceSecret(['onetwo']))
    expect(sourceSecret(['one'])).toHaveLength(32)
  })
})

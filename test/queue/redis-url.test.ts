import { describe, expect, it } from 'vitest'
import { redisHosts, sentinelOptions } from '../../src/queue/redis-url.ts'

describe('the URL of a Redis behind Sentinels', () => {
  it('names every Sentinel and the master that they watch', () => {
    const url = 'redis+sentinel://one:26379,two,[::1]:26380/gatehouse'
    expect(sentinelOptions(url)).toMatchObject({
      sentinels: [
        { host: 'one', port: 26_379 },
        { host: 'two', port: 26_379 },
        { host: '::1', port: 26_380 },
      ],
      name: 'gatehouse',
    })
    expect(redisHosts(url)).toBe('one:26379,two,[::1]:26380')
  })

  it('carries credentials, a database and TLS, and is printed without its password', () => {
    const url = 'rediss+sentinel://app:p%40ss@one:26379/main/3?sentinelPassword=s%2Fecret'
    expect(sentinelOptions(url)).toMatchObject({
      username: 'app',
      password: 'p@ss',
      db: 3,
      sentinelPassword: 's/ecret',
      tls: {},
      sentinelTLS: {},
      enableTLSForSentinelMode: true,
    })
    expect(redisHosts(url)).toBe('one:26379')
  })

  it('is null when it names the server itself', () => {
    expect(sentinelOptions('redis://:secret@host:6379/2')).toBeNull()
    expect(redisHosts('redis://:secret@host:6379/2')).toBe('host:6379')
  })
})

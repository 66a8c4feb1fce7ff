import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import { describe, expect, it } from 'vitest'
import { createQuarantine } from '../../src/queue/quarantine.ts'

/** Work that records its beginning and ends when told to. */
function work(name: string, log: string[]) {
  const end = Promise.withResolvers<void>()
  const run = async (): Promise<string> => {
    log.push(`${name} begins`)
    await end.promise
    log.push(`${name} ends`)
    return name
  }
  return { run, end: end.resolve, fail: end.reject }
}

const settled = async (): Promise<void> => {
  for (let turn = 0; turn < 5; turn += 1) await new Promise((resolve) => setImmediate(resolve))
}

describe('the quarantine', () => {
  it('runs everything in parallel while no work needs to be alone', async () => {
    const log: string[] = []
    const quarantine = createQuarantine()
    const [first, second] = [work('first', log), work('second', log)]
    const runs = [quarantine.beside(first.run), quarantine.beside(second.run)]
    await settled()
    expect(log).toEqual(['first begins', 'second begins'])
    first.end()
    second.end()
    expect(await Promise.all(runs)).toEqual(['first', 'second'])
  })

  it('runs one work alone: work in progress ends first, and later work waits', async () => {
    const log: string[] = []
    const quarantine = createQuarantine()
    const [running, suspect, later, another] = [work('running', log), work('suspect', log), work('later', log), work('another', log)]
    const runs = [
      quarantine.beside(running.run),
      quarantine.alone(suspect.run),
      quarantine.beside(later.run),
      quarantine.alone(another.run),
    ]
    await settled()
    expect(log).toEqual(['running begins'])
    for (const each of [running, suspect]) {
      each.end()
      await settled()
    }
    later.end()
    another.end()
    await Promise.all(runs)
    expect(log.slice(0, 4)).toEqual(['running begins', 'running ends', 'suspect begins', 'suspect ends'])
    const [begins, ends] = [log.indexOf('another begins'), log.indexOf('another ends')]
    expect(ends).toBe(begins + 1)
  })

  it('forgets finished work, since a worker handles millions', async () => {
    setFlagsFromString('--expose-gc')
    const collectGarbage = runInNewContext('gc') as () => void
    const quarantine = createQuarantine()
    const outcome = new WeakRef(await quarantine.beside(async () => ({ kind: 'done' })))
    await settled()
    collectGarbage()
    expect(outcome.deref()).toBeUndefined()
    await quarantine.alone(async () => {}) // the quarantine is still referenced, and so would be what it remembers
  })

  it('goes on when the work alone or beside it fails', async () => {
    const log: string[] = []
    const quarantine = createQuarantine()
    const [beside, suspect, later] = [work('beside', log), work('suspect', log), work('later', log)]
    const runs = [quarantine.beside(beside.run), quarantine.alone(suspect.run), quarantine.beside(later.run)]
    beside.fail(new Error('beside'))
    suspect.fail(new Error('alone'))
    later.end()
    expect((await Promise.allSettled(runs)).map(({ status }) => status)).toEqual(['rejected', 'rejected', 'fulfilled'])
  })
})

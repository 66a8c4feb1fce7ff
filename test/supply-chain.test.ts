import { describe, expect, it } from 'vitest'
import { readText } from './docs/read-tables.ts'

interface Locked {
  version?: string
  integrity?: string
  link?: boolean
  hasInstallScript?: boolean
}

const locks = ['package-lock.json', '.ci/tools/package-lock.json'].map((path) => {
  const { packages } = JSON.parse(readText(path)) as { packages: Record<string, Locked> }
  return { path, packages: Object.entries(packages).filter(([name]) => name !== '') }
})

/** Optional, for Android, and missing in the registry of the lock file: npm cannot install it. */
const NOT_IN_REGISTRY = ['node_modules/lefthook-android-arm64']

describe('F70: the lock files', () => {
  it.each(locks)('$path has the integrity of every package', ({ packages }) => {
    expect(packages.length).toBeGreaterThan(50)
    const without = packages.filter(([, { integrity, link }]) => !link && !/^sha512-/.test(integrity ?? '')).map(([name]) => name)
    expect(without.filter((name) => !NOT_IN_REGISTRY.includes(name))).toEqual([])
  })

  it.each(locks)('$path names no registry', ({ packages }) => {
    expect(packages.filter(([, locked]) => 'resolved' in locked).map(([name]) => name)).toEqual([])
  })

  it('allow install scripts of named packages only', () => {
    const { allowScripts } = JSON.parse(readText('package.json')) as { allowScripts: Record<string, boolean> }
    const scripted =
      locks[0]?.packages.filter(([, { hasInstallScript }]) => hasInstallScript).map(([name]) => name.replace(/^.*node_modules\//, '')) ?? []
    expect(scripted.filter((name) => !(name in allowScripts))).toEqual([])
  })
})

import { execFile, spawn } from 'node:child_process'
import { createHash } from 'node:crypto'
import { once } from 'node:events'
import { chmod, cp, mkdir, mkdtemp, readdir, readFile, readlink, rm, stat, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'

const ROOT = fileURLToPath(new URL('..', import.meta.url))
/** Makes the Node of this test look like one that is too old. */
const OLD_NODE = ['--import', `data:text/javascript,Object.defineProperty(process.versions, 'node', { value: '20.11.0' })`]
const NODES: [string, string[]][] = [
  ['on a Node that is new enough', []],
  ['on a Node that is too old, by the one that npm installed', OLD_NODE],
]

interface Outcome {
  code: number | null
  output: string
}

/** Runs a project's bootstrap with the Node of this test. */
function bootstrap(root: string, args: string[], flags: string[] = [], variables: NodeJS.ProcessEnv = {}): Promise<Outcome> {
  return new Promise((resolve) => {
    const env = { ...process.env, npm_config_fetch_retries: '0', ...variables }
    const child = execFile(
      process.execPath,
      [...flags, join(root, 'src/bootstrap.mjs'), ...args],
      { cwd: root, env },
      (_, stdout, stderr) => resolve({ code: child.exitCode, output: stdout + stderr }),
    )
  })
}

describe('gatehouse <command>', () => {
  it.each(NODES)('passes arguments, output and exit code on, %s', async (_, flags) => {
    const { version } = JSON.parse(await readFile(join(ROOT, 'package.json'), 'utf8')) as { version: string }
    expect(await bootstrap(ROOT, ['--version'], flags)).toEqual({ code: 0, output: `${version}\n` })
    expect(await bootstrap(ROOT, ['no-such-command'], flags)).toMatchObject({ code: 2 })
  })

  it.each(NODES)('ends in order on a stop signal, %s', async (_, flags) => {
    const env = { ...process.env, SANDBOX_PORT: '0', LOG_LEVEL: 'info', WEBHOOK_API_KEYS: 'a-key-for-this-test-only' }
    const child = spawn(process.execPath, [...flags, join(ROOT, 'src/bootstrap.mjs'), 'sandbox'], { cwd: ROOT, env })
    for await (const line of createInterface(child.stdout)) if (line.includes('simulator is up')) break
    child.kill('SIGTERM')
    expect(await once(child, 'exit')).toEqual([0, null])
  })
})

describe('a clone', () => {
  let clone: string
  const sha256 = (text: string): string => createHash('sha256').update(text).digest('hex')

  /** A project without dependencies, or with one that only a registry could give. Its client exists already. */
  beforeEach(async () => {
    clone = await mkdtemp(join(tmpdir(), 'gatehouse-clone-'))
    for (const folder of ['src/generated', 'src/cli']) await mkdir(join(clone, folder), { recursive: true })
    await cp(join(ROOT, 'src/bootstrap.mjs'), join(clone, 'src/bootstrap.mjs'))
    await writeFile(join(clone, 'src/generated/made-from'), sha256(''))
    await writePackage({})
  })
  afterEach(() => rm(clone, { recursive: true }))

  async function writePackage(dependencies: Record<string, string>): Promise<void> {
    const manifest = { name: 'clone', version: '1.0.0', type: 'module', dependencies }
    const entries = Object.entries(dependencies).map(([name, version]) => [
      `node_modules/${name}`,
      { version, resolved: `http://127.0.0.1:1/${name}.tgz`, integrity: `sha512-${Buffer.alloc(64).toString('base64')}` },
    ])
    const lock = { ...manifest, lockfileVersion: 3, requires: true, packages: { '': manifest, ...Object.fromEntries(entries) } }
    await writeFile(join(clone, 'package.json'), JSON.stringify(manifest))
    await writeFile(join(clone, 'package-lock.json'), JSON.stringify(lock))
  }

  it('that is not installed says what to run, instead of failing later', async () => {
    expect(await bootstrap(clone, ['start'])).toEqual({
      code: 1,
      output: expect.stringMatching(/not installed yet. Run `npm ci` in .*gatehouse-clone/),
    })
  })

  it('is installed by npm start and npm test once, with a message, and again when package-lock.json has changed', async () => {
    expect(await bootstrap(clone, [])).toEqual({
      code: 0,
      output: expect.stringMatching(/installing dependencies .*once.*\n.*installed 0 packages in/),
    })
    expect(await readlink(join(clone, 'node_modules/.bin/gatehouse'))).toBe('../../src/bootstrap.mjs')
    expect(await bootstrap(clone, [])).toEqual({ code: 0, output: '' })
    await writeFile(join(clone, 'package-lock.json'), `${await readFile(join(clone, 'package-lock.json'), 'utf8')}\n`)
    expect(await bootstrap(clone, [])).toMatchObject({ code: 0, output: expect.stringContaining('package-lock.json has changed') })
  })

  it('whose installation fails says why and what to do, and tries again the next time', async () => {
    await writePackage({ 'not-to-be-had': '1.0.0' })
    for (const attempt of ['first', 'second']) {
      const { code, output } = await bootstrap(clone, [])
      expect([attempt, code]).toEqual([attempt, 1])
      expect(output).toMatch(/npm ci failed after \d+ s:\n(.*\n)*.*ECONNREFUSED(.*\n)*The package registry does not answer/)
    }
  })

  it('without the client and its generator says so', async () => {
    await rm(join(clone, 'src/generated'), { recursive: true })
    expect(await bootstrap(clone, [])).toEqual({ code: 1, output: expect.stringContaining('the database client is missing') })
  })

  it('with a Node that is too old says what to install', async () => {
    await mkdir(join(clone, 'node_modules'))
    const message = /this is Node 20.11.0, and Gatehouse needs 24 or newer. Run `npm ci` .*or install Node 24/
    expect(await bootstrap(clone, ['start'], OLD_NODE)).toEqual({ code: 1, output: expect.stringMatching(message) })
  })

  describe('that is started', () => {
    const compiled = (...parts: string[]): string => join(clone, 'node_modules/.cache/gatehouse', ...parts)
    /** Whether the code of src/cli/gatehouse.ts came from the compile cache, by Node's own tracing. */
    async function start(): Promise<{ answer: string | undefined; reused: boolean }> {
      const trace = { NODE_DEBUG_NATIVE: 'COMPILE_CACHE', NODE_COMPILE_CACHE: undefined, NODE_DISABLE_COMPILE_CACHE: undefined }
      const { code, output } = await bootstrap(clone, ['greet'], [], trace)
      expect(code).toBe(0)
      return { answer: /^hello .*/m.exec(output)?.[0], reused: /cache for ESM \S+gatehouse\.ts was accepted/.test(output) }
    }
    const writeCommand = (name: string): Promise<void> =>
      writeFile(
        join(clone, 'src/cli/gatehouse.ts'),
        `const greet = (name: string): void => console.log('hello ' + name)\ngreet('${name}')\n`,
      )

    beforeEach(async () => {
      await mkdir(join(clone, 'node_modules'))
      await writeCommand('world')
    })

    it('keeps its compiled code where no other user can read or write, and the next start uses it', async () => {
      expect(await start()).toEqual({ answer: 'hello world', reused: false })
      expect((await stat(compiled())).mode & 0o777).toBe(0o700)
      expect(await start()).toEqual({ answer: 'hello world', reused: true })
    })

    it('compiles changed code again', async () => {
      await start()
      await writeCommand('you')
      expect(await start()).toEqual({ answer: 'hello you', reused: false })
    })

    it('compiles again when the cache is damaged', async () => {
      await start()
      const [version = ''] = await readdir(compiled())
      for (const file of await readdir(compiled(version))) await writeFile(compiled(version, file), 'no such thing')
      expect(await start()).toEqual({ answer: 'hello world', reused: false })
      expect(await start()).toEqual({ answer: 'hello world', reused: true })
    })

    it('runs no code from a folder that others can write', async () => {
      await start()
      await chmod(compiled(), 0o770)
      expect(await start()).toEqual({ answer: 'hello world', reused: false })
    })

    it('starts without a cache when it cannot keep one', async () => {
      await writeFile(join(clone, 'node_modules/.cache'), 'in the way')
      expect(await start()).toEqual({ answer: 'hello world', reused: false })
      expect(await start()).toEqual({ answer: 'hello world', reused: false })
    })

    it('has compiled the code of a role before the role starts', async () => {
      await mkdir(join(clone, 'src/compose'))
      await writeFile(join(clone, 'src/compose/start-role.ts'), 'export const started: boolean = true\n')
      await bootstrap(clone, ['--compile'])
      expect(await start()).toEqual({ answer: 'hello world', reused: true })
    })
  })
})

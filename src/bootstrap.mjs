#!/usr/bin/env node
// The way in, for any Node: this file must parse and run where src/cli/gatehouse.ts would not (plain JavaScript, no dependencies).
//
//   node src/bootstrap.mjs              installs what is missing: before `npm start` and `npm test`
//   node src/bootstrap.mjs --installed  what npm cannot do itself, after `npm ci`
//   node src/bootstrap.mjs --compile    compiles what the roles load, and keeps it for their starts
//   node src/bootstrap.mjs <command>    gatehouse <command>, on a Node that is new enough
import { spawn, spawnSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { chmodSync, existsSync, mkdirSync, readdirSync, readFileSync, rmSync, statSync, symlinkSync, writeFileSync } from 'node:fs'
import nodeModule from 'node:module'
import { dirname, join } from 'node:path'
import { fileURLToPath, pathToFileURL } from 'node:url'

const BOOTSTRAP = fileURLToPath(import.meta.url)
const ROOT = dirname(dirname(BOOTSTRAP))
const MODULES = join(ROOT, 'node_modules')
/** Code that Node has compiled, for the next start: with node_modules it goes when the dependencies change. */
const COMPILED = join(MODULES, '.cache', 'gatehouse')
const CLI = join(ROOT, 'src', 'cli', 'gatehouse.ts')
const COMPOSE = join(ROOT, 'src', 'compose')
const WINDOWS = process.platform === 'win32'
const NODE_MAJOR = 24
const PARENT_CHECK_MS = 500
/** Written when an installation is complete: the hash of the package-lock.json that it followed. */
const INSTALLED = join(MODULES, '.gatehouse-installed')
/** Written when the database client is complete: what it was made from. */
const GENERATED = join(ROOT, 'src', 'generated', 'made-from')

const say = (line) => console.log(`gatehouse: ${line}`)
const read = (path) => (existsSync(path) ? readFileSync(path, 'utf8') : '')
const hash = (text) => createHash('sha256').update(text).digest('hex')

class Failure extends Error {}

async function main(args) {
  if (args.length === 0) return prepare()
  if (args.length === 1 && args[0] === '--installed') return finish({ regenerate: true })
  if (args.length === 1 && args[0] === '--compile') return compile()
  return runGatehouse(args)
}

/** Brings a fresh or outdated clone to where src/cli/gatehouse.ts can run. Silent when there is nothing to do. */
async function prepare() {
  if (read(INSTALLED) !== lockHash()) await install()
  finish({ regenerate: false })
  if (read(GENERATED) !== clientSource()) {
    throw new Failure(
      'the database client is missing, and the Prisma CLI that makes it is not installed. Run `npm ci` (without --omit=dev).',
    )
  }
}

const lockHash = () => hash(read(join(ROOT, 'package-lock.json')))

/** Runs `npm ci` and prints its progress: without a terminal npm itself prints nothing for minutes. */
async function install() {
  say(`installing dependencies with npm ci (${existsSync(MODULES) ? 'package-lock.json has changed' : 'once'}; a minute or two)`)
  const begun = Date.now()
  const seconds = () => `${Math.round((Date.now() - begun) / 1000)} s`
  const beat = setInterval(() => say(`  ${seconds()}: ${countPackages()} of about ${expected} packages`), 10_000)
  const expected = countExpected()
  let output = ''
  const status = await new Promise((resolve) => {
    const child = npm(['ci', '--no-audit', '--no-fund', '--no-progress', '--loglevel=error'])
    child.stdout.on('data', (chunk) => (output += chunk))
    child.stderr.on('data', (chunk) => (output += chunk))
    child.on('error', (error) => {
      output += error.message
      resolve(1)
    })
    child.on('close', (code, signal) => resolve(signal ? 1 : code))
  })
  clearInterval(beat)
  if (status !== 0) throw new Failure(`npm ci failed after ${seconds()}:\n${excerpt(output)}\n${installRemedy(output)}`)
  mkdirSync(MODULES, { recursive: true })
  writeFileSync(INSTALLED, lockHash())
  say(`installed ${countPackages()} packages in ${seconds()}`)
}

/** Starts npm with the Node that npm came with: the one in node_modules is about to be replaced. */
function npm(args) {
  const { npm_execpath: cli, npm_node_execpath: node, ...env } = process.env
  const options = { cwd: ROOT, env, stdio: ['ignore', 'pipe', 'pipe'] }
  return cli && node ? spawn(node, [cli, ...args], options) : spawn('npm', args, { ...options, shell: WINDOWS })
}

/** Those that are unpacked: npm makes all folders first. */
function countPackages() {
  if (!existsSync(MODULES)) return 0
  const folders = readdirSync(MODULES).flatMap((name) =>
    name.startsWith('@') ? readdirSync(join(MODULES, name)).map((part) => join(name, part)) : name,
  )
  return folders.filter((folder) => existsSync(join(MODULES, folder, 'package.json'))).length
}

/** Those of package-lock.json that are for this system, without what lies within others. */
function countExpected() {
  const { packages = {} } = JSON.parse(read(join(ROOT, 'package-lock.json')) || '{}')
  const libcHere = process.report?.getReport().header.glibcVersionRuntime ? 'glibc' : 'musl'
  const fits = ({ os, cpu, libc }) =>
    (!os || os.includes(process.platform)) && (!cpu || cpu.includes(process.arch)) && (!libc || libc.includes(libcHere))
  return Object.entries(packages).filter(([path, entry]) => path.split('node_modules/').length === 2 && fits(entry)).length
}

function installRemedy(output) {
  if (/ENOSPC/.test(output)) return 'The disk is full: the dependencies need about 1 GB. Free some space and try again.'
  if (/EACCES|EPERM/.test(output))
    return 'npm has no write permission there: run as the owner of the project, with a HOME (or npm_config_cache) that can be written.'
  if (/ENOTFOUND|EAI_AGAIN|ECONNREFUSED|ECONNRESET|ETIMEDOUT|network/.test(output))
    return 'The package registry does not answer: check the network, and the proxy and registry settings in `npm config list`.'
  return `Run \`npm ci\` in ${ROOT} to see the full output, fix the cause, and try again.`
}

/** The beginning, where npm says what is wrong; its own advice follows for pages. */
function excerpt(text) {
  const lines = text.split('\n').filter((line) => line.trim() !== '' && line !== 'npm error')
  return lines
    .slice(0, 12)
    .map((line) => `  ${line}`)
    .join('\n')
}

/** The parts of an installation that are not npm's: the database client, the `gatehouse` command, the git hook, compiled code. */
function finish({ regenerate }) {
  if (regenerate || read(GENERATED) !== clientSource()) generateClient()
  linkCommand()
  if (regenerate) {
    installGitHook()
    const node = findNode()
    if (node) spawnSync(node, [BOOTSTRAP, '--compile'], { cwd: ROOT, stdio: 'ignore' }) // without it the first start compiles
    writeFileSync(INSTALLED, lockHash())
  }
}

/** What the client is made from: the schema, and the version of Prisma. */
function clientSource() {
  const client = read(join(MODULES, '@prisma', 'client', 'package.json'))
  return hash(read(join(ROOT, 'prisma', 'schema.prisma')) + (client && JSON.parse(client).version))
}

/** Without the CLI (npm ci --omit=dev) the client must have been copied in; `prepare` looks whether it was. */
function generateClient() {
  const cli = join(MODULES, 'prisma', 'build', 'index.js')
  if (!existsSync(cli)) return
  rmSync(GENERATED, { force: true })
  // `generate` wants the path of a native engine, which it then does not run: any program will do, and none is downloaded.
  const env = { ...process.env, PRISMA_SCHEMA_ENGINE_BINARY: process.execPath, PRISMA_HIDE_UPDATE_MESSAGE: '1', CHECKPOINT_DISABLE: '1' }
  const { status, stdout, stderr, error } = spawnSync(findNode() || process.execPath, [cli, 'generate'], {
    cwd: ROOT,
    env,
    encoding: 'utf8',
  })
  if (status !== 0) throw new Failure(`the database client could not be generated:\n${excerpt(error ? error.message : stdout + stderr)}`)
  writeFileSync(GENERATED, clientSource())
  say('generated the database client')
}

/** npm links the commands of dependencies, not the project's own; `npx gatehouse` looks for it here. */
function linkCommand() {
  const command = join(MODULES, '.bin', 'gatehouse')
  if (existsSync(command)) return
  mkdirSync(dirname(command), { recursive: true })
  if (WINDOWS) {
    writeFileSync(`${command}.cmd`, '@node "%~dp0\\..\\..\\src\\bootstrap.mjs" %*\r\n')
    return
  }
  rmSync(command, { force: true }) // a link to nowhere does not "exist"
  symlinkSync(join('..', '..', 'src', 'bootstrap.mjs'), command)
  chmodSync(BOOTSTRAP, 0o755)
}

/** Installs the git hook in a developer's checkout. A failure does not stop the start. */
function installGitHook() {
  const lefthook = join(MODULES, 'lefthook', 'bin', 'index.js')
  if (process.env.CI || !existsSync(join(ROOT, '.git')) || !existsSync(lefthook)) return
  spawnSync(process.execPath, [lefthook, 'install'], { cwd: ROOT, stdio: 'ignore' })
}

/** Runs src/cli/gatehouse.ts: in this process where this Node can, else in the one that npm installed. */
async function runGatehouse(args) {
  if (!existsSync(MODULES) || read(GENERATED) === '') {
    throw new Failure(`not installed yet. Run \`npm ci\` in ${ROOT} first (\`npm start\` does it for you).`)
  }
  const node = findNode()
  if (node === process.execPath) {
    keepCompiled()
    endWithNpm((signal) => process.kill(process.pid, signal))
    await import(pathToFileURL(CLI).href)
    return
  }
  if (!node) {
    throw new Failure(
      `this is Node ${process.versions.node}, and Gatehouse needs ${NODE_MAJOR} or newer. ` +
        `Run \`npm ci\` in ${ROOT}, which brings one, or install Node ${NODE_MAJOR} (https://nodejs.org).`,
    )
  }
  const child = spawn(node, [BOOTSTRAP, ...args], { stdio: 'inherit' })
  endWithNpm((signal) => child.kill(signal))
  // Ctrl-C reaches the child by itself, as it is in our process group; what is sent to this process alone is passed on.
  process.on('SIGINT', () => {})
  for (const signal of ['SIGTERM', 'SIGHUP']) process.on(signal, () => child.kill(signal))
  child.on('exit', (code, signal) => {
    if (!signal) process.exit(code)
    process.removeAllListeners(signal)
    process.kill(process.pid, signal)
  })
}

/**
 * npm passes a signal on to the shell that it started, and that shell dies of it without a word to its child: `npm start & kill $!` would leave the
 * product running. So a process that npm started, through a shell or not, ends in order when its parent is gone.
 */
function endWithNpm(end) {
  if (!process.env.npm_execpath || WINDOWS) return
  const parent = process.ppid
  const timer = setInterval(() => {
    if (process.ppid === parent) return
    clearInterval(timer)
    end('SIGTERM')
  }, PARENT_CHECK_MS)
  timer.unref()
}

/** All of it is written when this process ends; that of a role, which runs for months, only when it ends in order. */
async function compile() {
  if (!existsSync(COMPOSE)) return // an image that is only half copied
  keepCompiled()
  for (const file of readdirSync(COMPOSE)) await import(pathToFileURL(join(COMPOSE, file)).href)
  process.argv = [process.execPath, CLI, '--help']
  await import(pathToFileURL(CLI).href)
}

/**
 * Keeps compiled code, so that a later start needs neither the time nor the memory of Node's TypeScript stripper and compiler. The cache holds
 * code that runs, so it is in a directory where no other user can write (Node's default, the shared temporary directory, is not one). The
 * program also works when the directory cannot be written. Node compiles a file again when it does not trust the cached one.
 */
function keepCompiled() {
  try {
    mkdirSync(COMPILED, { recursive: true, mode: 0o700 })
    const { uid, mode } = statSync(COMPILED)
    const ours = WINDOWS || ([0, process.getuid()].includes(uid) && (mode & 0o022) === 0)
    if (ours) nodeModule.enableCompileCache(COMPILED)
  } catch {
    // Read-only, or another user's: everything works without.
  }
}

/** A Node that runs TypeScript as it is: this one, else the one in node_modules; null when both are missing or too old. */
function findNode() {
  if (Number.parseInt(process.versions.node, 10) >= NODE_MAJOR) return process.execPath
  const installed = join(MODULES, 'node', 'bin', WINDOWS ? 'node.exe' : 'node')
  const { stdout } = spawnSync(installed, ['--version'], { encoding: 'utf8' })
  return stdout && Number.parseInt(stdout.slice(1), 10) >= NODE_MAJOR ? installed : null
}

main(process.argv.slice(2)).catch((error) => {
  if (!(error instanceof Failure)) throw error
  console.error(`gatehouse: ${error.message}`)
  process.exitCode = 1
})

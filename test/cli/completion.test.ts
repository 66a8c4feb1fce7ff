import { execFile } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { describe, expect, it } from 'vitest'

const ROOT = fileURLToPath(new URL('../..', import.meta.url))
const run = promisify(execFile)

async function script(shell: string): Promise<string> {
  return (await run(process.execPath, ['src/cli/gatehouse.ts', 'completion', shell], { cwd: ROOT })).stdout
}

/** What a real bash offers after these words. */
async function offered(...words: string[]): Promise<string[]> {
  const ask = `COMP_WORDS=(gatehouse ${words.map((word) => `'${word}'`).join(' ')}); COMP_CWORD=${words.length}; _gatehouse; printf '%s\\n' "\${COMPREPLY[@]}"`
  const { stdout } = await run('bash', ['-c', `${await script('bash')}\n${ask}`])
  return stdout.trim().split('\n')
}

describe('gatehouse completion', () => {
  it('completes nouns, verbs and options in bash', async () => {
    expect(await offered('ev')).toEqual(['event'])
    expect(await offered('event', 'li')).toEqual(['list'])
    expect(await offered('event', 'list', '--st')).toContain('--state')
    expect(await offered('find', '--j')).toEqual(['--json'])
    expect(await offered('alert', '')).toEqual(expect.arrayContaining(['list', 'test']))
  })

  it('is written for zsh and fish, and refuses another shell', async () => {
    expect(await script('zsh')).toMatch(/bashcompinit[\s\S]*_gatehouse/)
    expect(await script('fish')).toContain("complete -c gatehouse -n '__fish_use_subcommand' -a event")
    await expect(script('powershell')).rejects.toMatchObject({ code: 2 })
  })
})

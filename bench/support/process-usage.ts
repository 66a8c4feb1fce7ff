import { readdirSync, readFileSync } from 'node:fs'

/** Linux counts CPU time in ticks of a hundredth of a second, whatever its kernel's own (man 5 proc). */
const TICKS_PER_SECOND = 100

/** CPU time of a process so far, user and system, seconds. NaN where there is no /proc (only Linux has one). */
export function cpuSecondsOf(pid: number): number {
  try {
    // The name may hold blanks and brackets: what counts comes after its last bracket.
    const fields = readFileSync(`/proc/${pid}/stat`, 'utf8')
      .replace(/^.*\) /s, '')
      .split(' ')
    return (Number(fields[11]) + Number(fields[12])) / TICKS_PER_SECOND
  } catch {
    return Number.NaN
  }
}

/** Memory of a process in RAM now and at most so far, megabytes (10^6 bytes). NaN where there is no /proc. */
export function residentMegabytesOf(pid: number): { now: number; peak: number } {
  try {
    const status = readFileSync(`/proc/${pid}/status`, 'utf8')
    const read = (name: string): number => (Number(new RegExp(`^${name}:\\s+(\\d+) kB`, 'm').exec(status)?.[1]) * 1_024) / 1e6
    return { now: read('VmRSS'), peak: read('VmHWM') }
  } catch {
    return { now: Number.NaN, peak: Number.NaN }
  }
}

/** CPU time of the Postgres sessions that now stand on this database, seconds; their processes say its name in their title. */
export function cpuSecondsOfSessions(database: string): number {
  let seconds = Number.NaN
  for (const entry of listProcesses()) {
    const title = readTitle(entry)
    if (!title.startsWith('postgres: ') || !title.includes(` ${database} `)) continue
    seconds = (Number.isNaN(seconds) ? 0 : seconds) + cpuSecondsOf(Number(entry))
  }
  return seconds
}

function listProcesses(): string[] {
  try {
    return readdirSync('/proc').filter((entry) => /^\d+$/.test(entry))
  } catch {
    return []
  }
}

function readTitle(pid: string): string {
  try {
    return readFileSync(`/proc/${pid}/cmdline`, 'utf8')
  } catch {
    return '' // it has ended since
  }
}

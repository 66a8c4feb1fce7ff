import { readdirSync, readFileSync } from 'node:fs'

/** Linux counts CPU time in ticks of 10 ms in this file, independent of the kernel's own tick (man 5 proc). */
const TICKS_PER_SECOND = 100

/** CPU time of a process until now, user and system, in seconds. NaN without /proc (only Linux has it). */
export function cpuSecondsOf(pid: number): number {
  try {
    // The name may hold spaces and brackets: the fields start after its last bracket.
    const fields = readFileSync(`/proc/${pid}/stat`, 'utf8')
      .replace(/^.*\) /s, '')
      .split(' ')
    return (Number(fields[11]) + Number(fields[12])) / TICKS_PER_SECOND
  } catch {
    return Number.NaN
  }
}

/** Memory of a process in RAM, now and at most until now, in megabytes (10^6 bytes). NaN without /proc. */
export function residentMegabytesOf(pid: number): { now: number; peak: number } {
  try {
    const status = readFileSync(`/proc/${pid}/status`, 'utf8')
    const read = (name: string): number => (Number(new RegExp(`^${name}:\\s+(\\d+) kB`, 'm').exec(status)?.[1]) * 1_024) / 1e6
    return { now: read('VmRSS'), peak: read('VmHWM') }
  } catch {
    return { now: Number.NaN, peak: Number.NaN }
  }
}

/** CPU time of the open Postgres sessions of this database, in seconds. Their processes have its name in their title. */
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

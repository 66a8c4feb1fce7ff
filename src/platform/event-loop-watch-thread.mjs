import { writeSync } from 'node:fs'
import { workerData } from 'node:worker_threads'

// Plain JavaScript: in a thread the TypeScript stripper is loaded once more, which takes 12 MB for as long as the thread lives.
/** @type {import('./event-loop-watchdog.ts').WatchOrder} */
const { beats, beatMs, limitMs } = workerData
let last = Atomics.load(beats, 0)
let missed = 0

// Counts its own turns instead of reading a clock: when the whole process is suspended, this thread is suspended too.
setInterval(() => {
  const beat = Atomics.load(beats, 0)
  missed = beat === last ? missed + 1 : 0
  last = beat
  if (missed * beatMs < limitMs) return
  const msg = `the event loop has not turned for ${limitMs / 1_000} s (an endless loop?); this process ends itself to be started again`
  try {
    // Written without the logger: its own thread, or the blocked loop, would never write the line.
    writeSync(2, `${JSON.stringify({ level: 60, time: Date.now(), pid: process.pid, msg })}\n`)
  } finally {
    process.kill(process.pid, 'SIGKILL')
  }
}, beatMs)

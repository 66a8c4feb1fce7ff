/** A role goes on serving when the reader of its output is gone. */
let serving = false

/**
 * A command whose reader has seen enough (`gatehouse event list | head -1`) ends without a word. Other errors of the streams stay errors.
 */
export function endOnBrokenPipe(): void {
  for (const stream of [process.stdout, process.stderr]) {
    stream.on('error', (error: NodeJS.ErrnoException) => {
      if (error.code !== 'EPIPE') throw error
      if (!serving) process.exit()
    })
  }
}

export function keepServingOnBrokenPipe(): void {
  serving = true
}

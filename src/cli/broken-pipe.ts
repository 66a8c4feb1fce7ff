/** A role keeps serving when the reader of its output has closed the pipe. */
let serving = false

/**
 * A command ends silently when its reader closes the pipe (`gatehouse event list | head -1`). Other stream errors stay errors.
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

const ends = new Set<() => void>()

/**
 * Runs `end` when this process exits in any way but SIGKILL, for children that a Ctrl-C in the terminal does not reach.
 * Returns a function that withdraws it.
 */
export function endWithProcess(end: () => void): () => void {
  if (ends.size === 0) process.once('exit', endAll)
  ends.add(end)
  return () => {
    ends.delete(end)
    if (ends.size === 0) process.removeListener('exit', endAll)
  }
}

function endAll(): void {
  for (const end of ends) end()
}

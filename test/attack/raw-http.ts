import { connect as connectTcp, type Socket } from 'node:net'
import { connect as connectTls } from 'node:tls'

export interface RawAnswer {
  /** All bytes of the answer, status line first. */
  text: string
  /** The status of the first answer; null when there was none. */
  status: number | null
  /** The milliseconds from opening until the server closed the connection, or null when it did not in time. */
  closedAfterMs: number | null
}

/** A connection to the host of a URL, in the clear or by TLS. */
export function openSocket(url: string): Socket {
  const { protocol, hostname, port } = new URL(url)
  if (protocol === 'https:') return connectTls({ host: hostname, port: Number(port || 443), servername: hostname })
  return connectTcp({ host: hostname, port: Number(port || 80) })
}

/** Sends these bytes unchanged, in pieces with a pause between them, and reads until the server closes or the time is up. */
export function sendRaw(url: string, pieces: readonly string[], { pauseMs = 0, timeoutMs = 30_000 } = {}): Promise<RawAnswer> {
  return new Promise((resolve) => {
    const socket = openSocket(url)
    const openedAt = performance.now()
    let text = ''
    let next = 0
    const end = (closedAfterMs: number | null): void => {
      clearTimeout(timer)
      socket.destroy()
      const status = /^HTTP\/1\.[01] (\d{3})/.exec(text)?.[1]
      resolve({ text, status: status === undefined ? null : Number(status), closedAfterMs })
    }
    const write = (): void => {
      const piece = pieces[next++]
      if (piece === undefined || socket.destroyed) return
      socket.write(piece, 'latin1', () => void setTimeout(write, pauseMs).unref())
    }
    const timer = setTimeout(() => end(null), timeoutMs)
    socket.on('connect', write)
    socket.on('data', (chunk: Buffer) => (text += chunk.toString('latin1')))
    socket.on('error', () => {}) // a reset is a close
    socket.on('close', () => end(performance.now() - openedAt))
  })
}

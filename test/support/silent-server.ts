import { type AddressInfo, createServer } from 'node:net'
import { onTestFinished } from 'vitest'

/** Accepts connections and sends nothing, so that no handshake completes, until the test has ended. Resolves with its port on 127.0.0.1. */
export async function startSilentServer(): Promise<number> {
  const server = createServer()
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  onTestFinished(() => void server.close())
  return (server.address() as AddressInfo).port
}

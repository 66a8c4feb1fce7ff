import { describe, expect, it } from 'vitest'
import { createLogChannel } from '../../src/notify/log-channel.ts'
import { createLogger } from '../../src/platform/logger.ts'
import { documentsNotice, indiscreetNotice } from './notices.ts'

function startLogChannel() {
  const lines: string[] = []
  const logger = createLogger({ level: 'info', destination: { write: (line) => lines.push(line) } })
  return { channel: createLogChannel({ logger }), lines }
}

describe('a notification to the log', () => {
  it('is one structured line with ids and codes', async () => {
    const { channel, lines } = startLogChannel()
    expect(await channel.send(documentsNotice)).toEqual({ status: null })
    expect(lines.map((line) => JSON.parse(line))).toMatchObject([
      { msg: 'notice', notice: { key: documentsNotice.key, type: 'onboarding.documents_required', data: documentsNotice.data } },
    ])
    await channel.close()
  })

  it('holds no personal data', async () => {
    const { channel, lines } = startLogChannel()
    await channel.send(indiscreetNotice)
    expect(lines.join('')).not.toMatch(/Ada|person_details|email/)
  })
})

import { existsSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type BrowserContext, chromium, type Page } from 'playwright-core'

const PLACES = ['/usr/bin/chromium', '/usr/bin/chromium-browser', '/usr/bin/google-chrome']
/** Headless, as root in a container, without network traffic of its own. */
const FLAGS = [
  ...['--headless', '--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run'],
  ...['--disable-background-networking', '--disable-component-update', '--disable-sync'],
]

export interface Browser {
  context: BrowserContext
  /** The first page. */
  page: Page
  close(): Promise<void>
}

/** A real Chromium with an empty profile. @throws when there is none, with how to get one: a test without a browser must not pass. */
export async function openBrowser({ phone = false, dark = false } = {}): Promise<Browser> {
  const executablePath = process.env.CHROMIUM ?? PLACES.find((place) => existsSync(place))
  if (!executablePath)
    throw new Error(
      `There is no Chromium at ${PLACES.join(', ')}. Install it (Debian: apt-get update && apt-get install chromium), or set CHROMIUM to its path.`,
    )
  const profile = mkdtempSync(join(tmpdir(), 'gatehouse-chromium-'))
  const context = await chromium.launchPersistentContext(profile, {
    executablePath,
    args: FLAGS,
    viewport: phone ? { width: 390, height: 844 } : { width: 1280, height: 900 },
    colorScheme: dark ? 'dark' : 'light',
  })
  return {
    context,
    page: context.pages()[0] ?? (await context.newPage()),
    close: async () => {
      await context.close()
      rmSync(profile, { recursive: true, force: true })
    },
  }
}

export async function logIn(page: Page, url: string, { name, token }: { name: string; token: string }): Promise<void> {
  await page.goto(`${url}/`)
  await page.getByLabel('Your name').fill(name)
  await page.getByLabel('Operator token').fill(token)
  await page.getByRole('button', { name: 'Log in' }).click()
  await page.waitForURL(`${url}/`)
}

/** A picture of the whole page, saved when SCREENSHOTS names a folder. */
export async function picture(page: Page, name: string): Promise<void> {
  const folder = process.env.SCREENSHOTS
  if (folder) await page.screenshot({ path: join(folder, `${name}.png`), fullPage: true })
}

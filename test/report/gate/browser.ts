import { join } from 'node:path'
import { type Browser, chromium, type Page } from 'playwright-core'

export interface View {
  readonly width: number
  readonly height: number
  readonly theme: 'light' | 'dark'
}

/** What a page did besides being shown. */
export interface Noticed {
  readonly errors: string[]
  /** Every address that it asked for, its own not counted. */
  readonly requests: string[]
}

/** Debian's headless Chromium. Root, as in a container, has no sandbox; the pages are ours. */
export function startChromium(): Promise<Browser> {
  return chromium.launch({ executablePath: '/usr/bin/chromium', args: ['--no-sandbox'] })
}

/** Shows a file, and hands over what came of it. */
export async function show<T>(
  browser: Browser,
  file: string,
  { width, height, theme }: View,
  look: (page: Page, noticed: Noticed) => Promise<T>,
): Promise<T> {
  const page = await browser.newPage({ viewport: { width, height }, colorScheme: theme })
  try {
    const noticed: Noticed = { errors: [], requests: [] }
    page.on('console', (line) => void noticed.errors.push(`${line.type()}: ${line.text()}`))
    page.on('pageerror', (error) => void noticed.errors.push(error.message))
    const address = `file://${file}`
    page.on('request', (request) => {
      if (request.url() !== address) noticed.requests.push(request.url())
    })
    await page.addInitScript({ path: join(import.meta.dirname, 'in-page.js') })
    await page.goto(address)
    return await look(page, noticed)
  } finally {
    await page.close()
  }
}

/** Pictures of a system that serves on this machine, after the story of its demo. */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Browser } from 'playwright-core'
import { startChromium } from '../../test/report/gate/browser.ts'
import { ENVIRONMENT, openStage, type Stage, say } from '../demo/stage.ts'
import { storyOf } from '../demo/story.ts'
import { keepSmall } from './keep-small.ts'
import { SHOTS, type Shot } from './shots.ts'

const root = join(import.meta.dirname, '../..')
const WIDTH = 1040

export async function photographSystem(system: string): Promise<void> {
  const folder = join(root, 'examples', system)
  const state = mkdtempSync(join(tmpdir(), 'sluice-pictures-'))
  const stage = openStage(system, folder, state)
  try {
    await (await storyOf(folder))?.(stage)
    stage.part('Pictures')
    await using browser = await startChromium()
    for (const shot of SHOTS[system] ?? [])
      await take(browser, shot, await addressOf(stage, shot, state), state)
  } finally {
    await stage.sluice(['down'])
    await stage.sluice(['operate', 'destroy', '--confirm', ENVIRONMENT], { quiet: true })
    rmSync(state, { recursive: true, force: true })
  }
}

/** The report is that of the demo's worse model, judged again: what is rejected says more. */
async function addressOf(stage: Stage, { at }: Shot, state: string): Promise<string> {
  if (at !== 'report') return new URL(at.path, stage.urls.get(at.service)).href
  const report = join(state, 'report.html')
  await stage.must(['train', '--param', 'share=0.02'])
  await stage.sluice(['evaluate', '--html', report])
  return `file://${report}`
}

async function take(browser: Browser, shot: Shot, address: string, folder: string): Promise<void> {
  const { name, ready, press, height } = shot
  const page = await browser.newPage({ viewport: { width: WIDTH, height }, colorScheme: 'light' })
  const whole = join(folder, `${name}.png`)
  try {
    await page.goto(address)
    if (press !== undefined) await page.getByRole('button', { name: press }).first().click()
    await page.getByText(ready).first().waitFor()
    // What fades in or grows has done so.
    await page.waitForTimeout(1000)
    await page.screenshot({ path: whole })
  } finally {
    await page.close()
  }
  const path = join(root, 'docs/pictures', `${name}.png`)
  say(`${path}: ${keepSmall(whole, path)} bytes`)
}

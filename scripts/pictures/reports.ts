/** The pictures of the report: `sluice evaluate` judges an evaluation that is written here. */
import { spawnSync } from 'node:child_process'
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { classifierRows, csvOf, evidenceOf } from '../../test/gate/evidence.ts'
import { show, startChromium, type View } from '../../test/report/gate/browser.ts'
import { keepSmall } from './keep-small.ts'

const VIEWS: Readonly<Record<string, View>> = {
  'gate-light': { width: 1040, height: 900, theme: 'light' },
  'gate-dark': { width: 1040, height: 900, theme: 'dark' },
  'gate-phone': { width: 390, height: 1500, theme: 'light' },
}
const POLICY = {
  primary: { metric: 'f1', direction: 'higher', rule: 'noninferior', margin: 0.01, alpha: 0.05 },
  guards: [
    { metric: 'roc_auc', direction: 'higher', rule: 'superior' },
    { metric: 'log_loss', direction: 'lower', rule: 'noninferior', margin: 0.05 },
  ],
  floors: { f1: 0.7, accuracy: 0.8 },
  slices: ['language'],
}

const root = join(import.meta.dirname, '../..')

export async function photographReports(): Promise<void> {
  const folder = await mkdtemp(join(tmpdir(), 'sluice-pictures-'))
  try {
    const rows = classifierRows(2000, { gain: -0.002 }).map((row, i) => ({
      ...row,
      language: ['de', 'en', 'fr'][i % 3],
    }))
    await writeFile(join(folder, 'rows.csv'), csvOf(rows))
    await writeFile(join(folder, 'evaluation.json'), JSON.stringify(evidenceOf()))
    await writeFile(join(folder, 'policy.json'), JSON.stringify(POLICY))
    const argv = [
      'evaluate',
      '--evidence',
      'evaluation.json',
      '--policy',
      'policy.json',
      '--html',
      'report.html',
    ]
    const ended = spawnSync(process.execPath, [join(root, 'src/cli/main.ts'), ...argv], {
      cwd: folder,
      encoding: 'utf8',
    })
    // 3 is a verdict too: reject or inconclusive.
    if (ended.status !== 0 && ended.status !== 3) throw new Error(ended.stderr)
    await mkdir(join(root, 'docs/pictures'), { recursive: true })
    await using browser = await startChromium()
    for (const [name, view] of Object.entries(VIEWS)) {
      const path = join(root, 'docs/pictures', `${name}.png`)
      const whole = join(folder, `${name}.png`)
      await show(browser, join(folder, 'report.html'), view, (page) =>
        page.screenshot({ path: whole, fullPage: view.width > 500 }),
      )
      keepSmall(whole, path)
      console.log(path)
    }
  } finally {
    await rm(folder, { recursive: true, force: true })
  }
}

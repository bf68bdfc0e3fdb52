import { existsSync, globSync, readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { parse } from 'yaml'
import { synthesizer } from '../../cdktf/index.ts'
import { workflowFiles } from '../../scripts/workflows.ts'
import { COMMANDS } from '../../src/cli/commands.ts'
import { COMMON } from '../../src/cli/common-options.ts'
import { parseLine } from '../../src/cli/parse.ts'
import { loadSystem } from '../../src/config/load.ts'
import { MemoryFiles } from '../../src/runtime/fake/files.ts'
import { anchor } from './anchor.ts'

const root = join(import.meta.dirname, '../..')
const read = (path: string): string => readFileSync(join(root, path), 'utf8')
const PAGES = ['README.md', 'CONTRIBUTING.md', 'SECURITY.md', ...globSync('docs/*.md', { cwd: root }).sort()]

interface Fence {
  readonly language: string
  readonly text: string
}
const fences = (page: string): readonly Fence[] =>
  [...read(page).matchAll(/^```([a-z]*)\n([\s\S]*?)^```$/gm)].map(([, language = '', text = '']) => ({
    language,
    text,
  }))
/** Lines that somebody types: what stands behind a comment, a prompt or a pipe is not part of them. */
const typed = (page: string): readonly string[] =>
  fences(page)
    .filter(({ language }) => ['', 'sh', 'bash', 'console'].includes(language))
    .flatMap(({ text }) => text.replaceAll('\\\n', ' ').split('\n'))
    .map((line) =>
      line
        .replace(/^\$ /, '')
        .replace(/\s+#.*$/, '')
        .trim(),
    )
    .filter((line) => line !== '')
/** As a shell cuts them; quotes group words, and that is all that these lines use. */
const words = (line: string): readonly string[] =>
  [...line.matchAll(/"([^"]*)"|'([^']*)'|(\S+)/g)].map(
    ([, double, single, plain]) => double ?? single ?? plain ?? '',
  )

const all = PAGES.flatMap((page) => typed(page).map((line) => [page, line] as const))
const sluice = all
  // A synopsis is generated, and no command line.
  .filter(([, line]) => line.startsWith('sluice ') && !line.includes('[options]'))
  .map(([page, line]) => [page, line.split(/ [|>&]/)[0] ?? ''] as const)

test('the pages have commands to type', () => {
  expect(sluice.length).toBeGreaterThan(15)
})

test.each(sluice)('%s: "%s" is a command line that sluice takes', (_, line) => {
  const parsed = parseLine(words(line).slice(1), COMMANDS, COMMON)
  // Output that is quoted repeats a command without its options.
  const problems =
    parsed.kind === 'bad' ? parsed.problems.filter((problem) => !/--env|operation/.test(problem)) : []
  expect(problems).toEqual([])
})

const scripts = Object.keys((JSON.parse(read('package.json')) as { scripts: Record<string, string> }).scripts)
/** Every command that a page names, also in a table. */
const named = PAGES.flatMap((page) =>
  [
    ...read(page).matchAll(
      /\b(npm run [a-z:-]+(?: -- [a-z-]+)?|npx vitest run [\w/.-]+\.test\.ts)(?=[`\s.)]|$)/gm,
    ),
  ].map(([, command = '']) => [page, command] as const),
)

test.each(named)('%s: `%s` is there', (_, command) => {
  const [, script = '', bench] = /^npm run ([a-z:-]+)(?: -- ([a-z][a-z-]*))?$/.exec(command) ?? []
  if (script !== '') expect(scripts).toContain(script)
  if (script === 'bench' && bench !== undefined)
    expect(existsSync(join(root, 'bench', `${bench}.ts`))).toBe(true)
  const file = /^npx vitest run (\S+)$/.exec(command)?.[1]
  if (file !== undefined) expect(existsSync(join(root, file))).toBe(true)
})

describe.each([
  ['docs/getting-started-aws.md', 'filmlens', 'aws'],
  ['docs/getting-started-gcp.md', 'video-processing', 'gcp'],
] as const)('%s', (page, example, cloud) => {
  test('its environments, in the example that it names, are a system that is synthesized', async () => {
    expect(read(page)).toContain(`examples/${example}`)
    const written = fences(page).find(({ text }) => text.startsWith('environments:'))?.text ?? ''
    const own = read(`examples/${example}/sluice.yml`)
    const { environments } = parse(own) as { environments: Record<string, { set?: unknown; zone?: string }> }
    const set = JSON.stringify(environments['production']?.set ?? {})
    const rest = own.replace(/^environments:\n(?: +.*\n|\n)*/m, '')
    // What the example sets for production is the system's own; domains lie in the zone of the page.
    const zone = environments['production']?.zone ?? 'none.example'
    const text =
      `${written.replace(/^ {4}cloud: .*$/m, (line) => `${line}\n    set: ${set}`)}${rest}`.replaceAll(
        zone,
        /zone: (\S+)/.exec(written)?.[1] ?? zone,
      )
    const files = new MemoryFiles({ '/p/sluice.yml': text })
    const { system } = await loadSystem(files, '/p/sluice.yml', 'production', '/p')
    expect(system.environment.cloud).toBe(cloud)
    const stacks = await synthesizer.synthesize({ system, images: {} })
    expect(stacks.map(({ name }) => name)).toContain('foundation')
  })

  test('its inputs of workflows are inputs that they have', () => {
    const known = workflowFiles(root).flatMap(({ workflow }) => {
      const { inputs = {} } = (workflow.on['workflow_call'] ?? {}) as { inputs?: object }
      return Object.keys(inputs)
    })
    const given = fences(page)
      .filter(({ language }) => language === 'yaml')
      .flatMap(({ text }) => [...text.matchAll(/^((?:aws|google)-[a-z-]+): /gm)].map(([, name]) => name))
    expect(given.length).toBeGreaterThan(1)
    for (const name of given) expect(known).toContain(name)
  })
})

test.each(PAGES)('every link of %s leads to a file and a heading that are there', (page) => {
  const broken = [...read(page).matchAll(/\]\(([^)\s]+)\)/g)].flatMap(([, link = '']) => {
    if (/^[a-z]+:/.test(link)) return []
    const [path = '', heading] = link.split('#')
    const file = path === '' ? page : join(dirname(page), path)
    if (!existsSync(join(root, file))) return [link]
    if (heading === undefined || !file.endsWith('.md')) return []
    const headings = [...read(file).matchAll(/^#+ (.+)$/gm)].map(([, one = '']) => anchor(one))
    return headings.includes(heading) ? [] : [link]
  })
  expect(broken).toEqual([])
})

import { existsSync, globSync, readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { parse } from 'yaml'
import { majorTag } from '../../scripts/major-tag.ts'
import { type Workflow, workflowFiles } from '../../scripts/workflows.ts'

const root = join(import.meta.dirname, '../..')
const read = (path: string): string => readFileSync(join(root, path), 'utf8')
const workflow = (name: string): Workflow => {
  const found = workflowFiles(root).find(({ path }) => path === `.github/workflows/${name}.yml`)
  if (found === undefined) throw new Error(`there is no workflow ${name}`)
  return found.workflow
}
const runsOf = (name: string): string =>
  Object.values(workflow(name).jobs)
    .flatMap(({ steps = [] }) => steps.map(({ run = '' }) => run))
    .join('\n')
const usesOf = (name: string): readonly string[] =>
  Object.values(workflow(name).jobs).flatMap(({ steps = [] }) =>
    steps.map(({ uses = '' }) => uses.split('@')[0] ?? ''),
  )

describe('every change is tested', () => {
  test('lint, types, bundles and all tests run for pull requests, for main and for a release', () => {
    expect(Object.keys(workflow('test').on)).toEqual(['push', 'pull_request', 'workflow_call'])
    const runs = runsOf('test')
    for (const line of ['npm run lint', 'npm run typecheck', 'npm run bundle', '.ci/run'])
      expect(runs).toContain(line)
    expect(runs).toContain('git diff --exit-code --stat -- dist')
    expect(read('.ci/run')).toContain('SLUICE_REQUIRE_REAL=1')
    expect(workflow('release').jobs['test']?.uses).toBe('$/.github/workflows/test.yml')
  })

  test('no step installs what a lockfile does not name', () => {
    for (const name of ['test', 'release']) expect(runsOf(name)).not.toMatch(/npm (i|install)\b/)
  })

  test('code, workflows and the repository are looked at by CodeQL and Scorecard', () => {
    expect(usesOf('codeql')).toContain('github/codeql-action/analyze')
    expect(read('.github/workflows/codeql.yml')).toContain('language: [javascript-typescript, actions]')
    expect(usesOf('scorecard')).toContain('ossf/scorecard-action')
  })

  test('properties are looked for with fast-check, which Scorecard counts as fuzzing', () => {
    const files = globSync('test/**/*.test.ts', { cwd: root })
    const properties = files.filter((file) => /from 'fast-check'/.test(read(file)))
    expect(properties.length).toBeGreaterThan(30)
  })
})

describe('a release', () => {
  test('R11 is what the sources give, attested, with its provenance beside it, after every test', () => {
    const { jobs } = workflow('release')
    const order = usesOf('release').indexOf('actions/attest-build-provenance')
    expect(order).toBeGreaterThan(0)
    expect(read('.github/workflows/release.yml')).toMatch(/^ {4}needs: test$/m)
    expect(jobs['release']?.environment).toBe('release')
    const runs = runsOf('release')
    expect(runs).toContain('git diff --exit-code --stat -- dist')
    expect(runs).toContain('.intoto.jsonl')
    expect(runs).toContain('Without provenance')
  })

  const REFS = [
    'refs/tags/v1.2.3',
    'refs/tags/v1.10.0',
    'refs/tags/v2.0.0',
    'refs/tags/v1',
    'refs/tags/v3.0.0-rc.1',
    '',
  ]
  test.each([
    ['v1.10.1', 'v1'],
    ['v1.10.0', 'v1'],
    ['v1.9.9', undefined],
    ['v2.0.0', 'v2'],
    ['v1.2.4', undefined],
    ['v0.1.0', 'v0'],
    ['v3.0.0', 'v3'],
  ])('R11 %s moves %s: a major tag never goes back', (tag, moved) => {
    expect(majorTag(REFS, tag)).toBe(moved)
  })

  test.each(['1.2.3', 'v1.2', 'v1.2.3-rc.1', 'v1.2.3;x', ''])('%j is no release', (tag) => {
    expect(() => majorTag(REFS, tag)).toThrow('is no tag of a release')
  })

  test('the changelog has a section of the version of package.json', () => {
    const { version } = JSON.parse(read('package.json')) as { version: string }
    expect(read('CHANGELOG.md')).toMatch(new RegExp(`^## ${version.replaceAll('.', '\\.')}$`, 'm'))
  })
})

describe('dependencies', () => {
  const { updates } = parse(read('.github/dependabot.yml')) as {
    updates: readonly {
      'package-ecosystem': string
      directory?: string
      directories?: readonly string[]
      cooldown?: { 'default-days': number }
    }[]
  }
  /** Whether Dependabot looks into a folder of the repository for an ecosystem. */
  const isWatched = (ecosystem: string, folder: string): boolean =>
    updates
      .filter((update) => update['package-ecosystem'] === ecosystem)
      .flatMap(({ directory, directories = [] }) => [
        ...directories,
        ...(directory === undefined ? [] : [directory]),
      ])
      .some((pattern) =>
        new RegExp(`^${pattern.replaceAll('*', '[^/]+')}$`).test(`/${folder === '.' ? '' : folder}`),
      )
  const MANIFESTS: readonly (readonly [ecosystem: string, glob: string])[] = [
    ['npm', '**/package-lock.json'],
    ['gomod', '**/go.mod'],
    ['docker', 'examples/**/*Dockerfile'],
    ['pip', 'examples/**/requirements*.txt'],
    ['pip', 'test/python/*.txt'],
  ]

  test.each(MANIFESTS)('Dependabot watches every folder of %s with %s', (ecosystem, glob) => {
    const manifests = globSync(glob, {
      cwd: root,
      exclude: (path) => /node_modules|\.sluice/.test(String(path)),
    })
    const folders = [
      ...new Set(
        manifests.filter((path) => !/node_modules|\.sluice/.test(path)).map((path) => dirname(path)),
      ),
    ]
    expect(folders.length).toBeGreaterThan(0)
    expect(folders.filter((folder) => !isWatched(ecosystem, folder))).toEqual([])
  })

  test('Dependabot watches every folder with workflows or actions, and waits a week', () => {
    for (const folder of [
      '.',
      '.github/actions/cloud',
      'workflows-templates',
      'workflows-templates/filmlens',
    ])
      expect(isWatched('github-actions', folder), folder).toBe(true)
    for (const { cooldown } of updates) expect(cooldown?.['default-days']).toBeGreaterThanOrEqual(7)
  })

  test('the lockfile has a hash for every package', () => {
    const { packages } = JSON.parse(read('package-lock.json')) as {
      packages: Readonly<Record<string, { integrity?: string; link?: boolean; inBundle?: boolean }>>
    }
    const bare = Object.entries(packages).filter(
      ([path, { integrity, link, inBundle }]) =>
        path !== '' && integrity === undefined && link !== true && inBundle !== true,
    )
    expect(bare.map(([path]) => path)).toEqual([])
  })
})

test('whoever finds a weakness, owns the code or asks for the licence finds the file', () => {
  for (const path of ['SECURITY.md', 'LICENSE', '.github/CODEOWNERS', 'CONTRIBUTING.md', 'dist/NOTICES.txt'])
    expect(existsSync(join(root, path)), path).toBe(true)
  expect(read('SECURITY.md')).toContain('docs/security.md')
  expect(read('.github/CODEOWNERS')).toMatch(/^\/dist\//m)
  const security = read('docs/security.md')
  for (const heading of ['What is trusted, and what is not', 'The workflows', 'This repository'])
    expect(security).toContain(`## ${heading}\n`)
})

import { expect, test } from 'vitest'
import { type BuildOptions, build } from '../../../src/commands/build.ts'
import type { Report } from '../../../src/commands/command.ts'
import { nodeRuntime } from '../../../src/runtime/node/index.ts'
import { describeReal } from '../../real.ts'
import { folder, git, type Tree } from '../../tools/context/tree.ts'

const YAML = `system: films
environments:
  local: { cloud: local }
images:
  api: { context: apps/api }
  web: { context: apps, dockerfile: web/Dockerfile, args: { MODE: a } }
  mlflow: { mirror: "ghcr.io/mlflow/mlflow:v3.4.0", local: { run: [node] } }
`

/** A monorepo with one commit, tagged `base`. */
function monorepo() {
  const place = folder({
    'sluice.yml': YAML,
    'apps/api/Dockerfile': 'FROM a\nCOPY src /app\n',
    'apps/api/.dockerignore': '**/*.md\n',
    'apps/api/src/main': '1',
    'apps/api/test/t': '1',
    'apps/web/Dockerfile': 'FROM a AS old\nCOPY api/test /t\nFROM a\nCOPY web /app\n',
    'apps/web/x': '1',
  })
  git(place.path, 'init', '-q')
  const commit = (tree: Tree = {}): void => {
    place.write(tree)
    git(place.path, 'add', '-A')
    git(place.path, 'commit', '-q', '--allow-empty', '-m', 'x')
  }
  commit()
  git(place.path, 'tag', 'base')
  const runtime = nodeRuntime({ emit: () => {} }, { cancelled: new AbortController().signal }, place.path, {
    PATH: process.env['PATH'],
    HOME: place.path,
  })
  const run = (options: BuildOptions): Promise<Report> =>
    build(
      {
        runtime,
        openProvider: () => Promise.reject(new Error('no registry is asked')),
        request: { file: 'sluice.yml', environment: 'local', dryRun: false },
      },
      options,
    )
  return {
    ...place,
    commit,
    run,
    affected: async (base = 'base'): Promise<string> => {
      const { include } = JSON.parse((await run({ affected: base })).outputs['affected'] ?? '') as {
        include: { image: string }[]
      }
      return include.map(({ image }) => image).join(' ')
    },
    [Symbol.dispose]: () => place[Symbol.dispose](),
  }
}

describeReal('the images that a diff touches', ['git'], () => {
  test.each<readonly [string, Tree, string]>([
    ['nothing', {}, ''],
    ['a file that COPY takes', { 'apps/api/src/main': '2' }, 'api'],
    ['a new file below what COPY takes', { 'apps/api/src/deep/new': '1' }, 'api'],
    ['a file that no stage of the target takes', { 'apps/api/test/t': '2' }, ''],
    ['a file that .dockerignore leaves out', { 'apps/api/src/README.md': 'x' }, ''],
    ['.dockerignore itself', { 'apps/api/.dockerignore': '' }, 'api'],
    ['a Dockerfile', { 'apps/web/Dockerfile': 'FROM b\nCOPY web /app\n' }, 'web'],
    ['both', { 'apps/api/src/main': '3', 'apps/web/x': '2' }, 'api web'],
    ['a file elsewhere', { 'README.md': 'x' }, ''],
    ['an argument in sluice.yml', { 'sluice.yml': YAML.replace('MODE: a', 'MODE: b') }, 'web'],
    ['the version of a mirror', { 'sluice.yml': YAML.replace('v3.4.0', 'v3.5.0') }, 'mlflow'],
    ['a comment in sluice.yml', { 'sluice.yml': `# x\n${YAML}` }, ''],
  ])('%s', async (_, tree, expected) => {
    using repository = monorepo()
    repository.commit(tree)
    expect(await repository.affected()).toBe(expected)
  })

  test('an image that sluice.yml did not have, or whose old file cannot be read, is affected', async () => {
    using repository = monorepo()
    repository.commit({ 'sluice.yml': 'system: [' })
    git(repository.path, 'tag', 'broken')
    repository.commit({ 'sluice.yml': `${YAML}  job: { context: apps/api }\n` })
    expect(await repository.affected()).toBe('job')
    expect(await repository.affected('broken')).toBe('api web mlflow job')
  })

  test('what happened on the base since it was left is no part of the diff', async () => {
    using repository = monorepo()
    git(repository.path, 'checkout', '-q', '-b', 'work')
    repository.commit({ 'apps/web/x': '2' })
    git(repository.path, 'checkout', '-q', '-')
    repository.commit({ 'apps/api/src/main': '9' })
    git(repository.path, 'tag', '-f', 'base')
    git(repository.path, 'checkout', '-q', 'work')
    expect(await repository.affected()).toBe('web')
  })

  test('the output is a matrix, empty where nothing is affected', async () => {
    using repository = monorepo()
    expect((await repository.run({ affected: 'base' })).outputs).toEqual({ affected: '{"include":[]}' })
    repository.commit({ 'apps/api/src/main': '2' })
    expect((await repository.run({ affected: 'base' })).outputs).toEqual({
      affected: '{"include":[{"image":"api"}]}',
    })
  })

  test.each(['nowhere', '--output=/tmp/x', '-x', 'HEAD;ls', 'a b'])(
    'R2 base %j is refused with what to do',
    async (base) => {
      using repository = monorepo()
      await expect(repository.run({ affected: base })).rejects.toMatchObject({
        outcome: 'usage',
        remedy: expect.stringContaining('fetch-depth: 0'),
      })
    },
  )
})

import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { zipSync } from 'fflate'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import type { World } from '../../../src/commands/command.ts'
import { perform } from '../../../src/commands/perform.ts'
import { artifactName, preview } from '../../../src/commands/plan/preview.ts'
import { synth } from '../../../src/commands/synth.ts'
import { digestOf } from '../../../src/domain/digest.ts'
import { Secret } from '../../../src/domain/secret.ts'
import { FakeClock } from '../../../src/runtime/fake/clock.ts'
import { nodeRuntime } from '../../../src/runtime/node/index.ts'
import { Redactor } from '../../../src/runtime/redact.ts'
import { type FakeGitHub, startFakeGitHub, TOKEN } from '../../world/github/server.ts'
import type { Artifact, Run } from '../../world/github/store.ts'

const HEAD = 'a'.repeat(40)
const WORKFLOW = '.github/workflows/synthesize.yml'
const FORK = 2002
const BASE = `system: shop
environments:
  production: { cloud: aws, account: "222222222222", region: us-east-1 }
buckets:
  raw: {}
  old: {}
`

let folder: string
let github: FakeGitHub
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'sluice-preview-'))
  github = await startFakeGitHub()
  github.store.pull(7, github.store.account('stranger'), HEAD).head.repo = { id: FORK }
  await writeFile(join(folder, 'event.json'), JSON.stringify(EVENT))
})
afterEach(async () => {
  await github[Symbol.asyncDispose]()
  await rm(folder, { recursive: true })
})
const EVENT = { workflow_run: { id: 9, head_sha: HEAD }, repository: { id: 1001 } }

function worldOf(file: string): World {
  const env = {
    ...github.env,
    PATH: process.env['PATH'],
    GITHUB_EVENT_PATH: join(folder, 'event.json'),
    GITHUB_RUN_ID: '12',
  }
  const signals = { cancelled: new AbortController().signal }
  return {
    runtime: { ...nodeRuntime({ emit: () => {} }, signals, folder, env), clock: new FakeClock() },
    openProvider: () => Promise.reject(new Error('no cloud is opened')),
    openSynthesizer: async () => (await import('../../../cdktf/index.ts')).synthesizer,
    request: { file, environment: 'production', dryRun: false },
  }
}

type Files = Record<string, Uint8Array>

/** What the job without secrets leaves for this sluice.yml. */
async function synthesized(text: string): Promise<Files> {
  const file = join(folder, 'head.yml')
  await writeFile(file, text)
  const out = join(folder, 'head')
  await synth(worldOf(file), { out })
  const names = await readdir(out, { recursive: true, withFileTypes: true })
  const files: Files = {}
  for (const one of names.filter((entry) => entry.isFile())) {
    const path = join(one.parentPath, one.name)
    files[path.slice(out.length + 1)] = await readFile(path)
  }
  return files
}

function upload(
  files: Files,
  change: { readonly run?: Partial<Run>; readonly artifact?: Partial<Artifact> } = {},
): void {
  const archive = zipSync(files)
  github.store.runs.push({
    id: 9,
    run_attempt: 1,
    status: 'completed',
    conclusion: 'success',
    head_sha: HEAD,
    path: WORKFLOW,
    event: 'pull_request',
    repository: { id: 1001 },
    head_repository: { id: FORK },
    ...change.run,
  })
  github.store.artifacts.push({
    id: 31,
    name: artifactName('production'),
    size_in_bytes: archive.length,
    digest: digestOf(archive),
    expired: false,
    workflow_run: { id: 9 },
    archive,
    ...change.artifact,
  })
}

async function look() {
  await writeFile(join(folder, 'sluice.yml'), BASE)
  const options = { workflow: WORKFLOW, token: new Secret(TOKEN) }
  const run = (world: World) => preview(world, options)
  return (await perform(worldOf(join(folder, 'sluice.yml')), new Redactor(), 'plan', run)).report
}

const text = (bytes: Uint8Array | undefined): string => Buffer.from(bytes ?? '').toString('utf8')

/** The files with the JSON of their first stack changed. */
function tampered(files: Files, change: (document: Record<string, Record<string, unknown>>) => void): Files {
  const name = Object.keys(files).find((one) => one.endsWith('cdk.tf.json')) ?? ''
  const document = JSON.parse(text(files[name])) as Record<string, Record<string, unknown>>
  change(document)
  return { ...files, [name]: Buffer.from(JSON.stringify(document)) }
}

describe('R7 the preview of a pull request of a fork', () => {
  test('R7 is the difference of what was synthesized, as one comment, with names and no value', async () => {
    upload(await synthesized(BASE.replace('  old: {}', '  fresh: {}')))
    const report = await look()
    expect(report).toMatchObject({ outcome: 'done', outputs: { changes: 'true' } })
    expect(github.store.comments).toHaveLength(1)
    const body = github.store.comments[0]?.body ?? ''
    expect(body).toMatch(/^<!-- sluice:preview environment=production run=12\.0 /)
    expect(body).toContain('aws_s3_bucket.bucket-fresh')
    expect(body).toContain('no cloud was asked')
    expect(body).not.toContain('shop-production-fresh')
    await look()
    expect(github.store.comments).toHaveLength(1)
  }, 30_000)

  test('R7 that changes nothing says so', async () => {
    upload(await synthesized(BASE))
    expect(await look()).toMatchObject({ outcome: 'done', outputs: { changes: 'false' } })
    expect(github.store.comments[0]?.body).toContain('nothing changes')
  }, 30_000)

  test('R7 with anything beyond the list is refused, and nothing is posted', async () => {
    const files = await synthesized(BASE)
    upload(
      tampered(files, (document) => {
        document['data'] = { external: { x: { program: ['sh', '-c', 'id'] } } }
      }),
    )
    const report = await look()
    expect(report).toMatchObject({ outcome: 'refused' })
    expect(report.message).toContain('data.external.x: data of type external are not read')
    expect(github.store.comments).toEqual([])
  }, 30_000)

  const sha = 'b'.repeat(40)
  const CASES: readonly (readonly [string, (files: Files) => void, string])[] = [
    [
      'a file that leaves its folder',
      (files) => upload({ ...files, '../../.bashrc': Buffer.from('id') }),
      'does not write',
    ],
    [
      'a file that an engine reads',
      (files) => upload({ ...files, 'foundation/x.tf': Buffer.from('') }),
      'does not write',
    ],
    ['no list of stacks', ({ 'stacks.json': _, ...files }) => upload(files), 'no stacks.json'],
    [
      'another environment',
      (files) =>
        upload({
          ...files,
          'stacks.json': Buffer.from(text(files['stacks.json']).replace('"production"', '"staging"')),
        }),
      'environment production',
    ],
    [
      'a list that names a stack twice',
      (files) => {
        const list = JSON.parse(text(files['stacks.json'])) as { stacks: unknown[] }
        const twice = { ...list, stacks: [...list.stacks, ...list.stacks] }
        upload({ ...files, 'stacks.json': Buffer.from(JSON.stringify(twice)) })
      },
      'twice',
    ],
    [
      'JSON that ends too soon',
      (files) => upload({ ...files, 'foundation/cdk.tf.json': Buffer.from('{"resource":') }),
      'is no JSON',
    ],
    [
      'another run of the same name',
      (files) => upload(files, { artifact: { workflow_run: { id: 8 } } }),
      'no artifact',
    ],
    [
      'another workflow',
      (files) => upload(files, { run: { path: '.github/workflows/evil.yml' } }),
      'evil.yml',
    ],
    ['another commit', (files) => upload(files, { run: { head_sha: sha } }), 'is of commit'],
    ['another repository', (files) => upload(files, { run: { repository: { id: 6 } } }), 'repository 6'],
    ['a run by hand', (files) => upload(files, { run: { event: 'workflow_dispatch' } }), 'workflow_dispatch'],
    [
      'other bytes than were uploaded',
      (files) => upload(files, { artifact: { digest: digestOf('x') } }),
      'not those that were uploaded',
    ],
    [
      'bytes that are no archive',
      (files) => upload(files, { artifact: { archive: Buffer.from('PK'), digest: digestOf('PK') } }),
      'no zip archive',
    ],
    [
      'a push since',
      (files) => {
        upload(files)
        for (const pull of github.store.pulls) pull.head.sha = sha
      },
      'any more',
    ],
    [
      'the head of another repository',
      (files) => upload(files, { run: { head_repository: { id: 3003 } } }),
      'any more',
    ],
  ]

  test.each(CASES)(
    'R7 from %s is refused',
    async (_name, change, why) => {
      change(await synthesized(BASE))
      const report = await look()
      expect(report).toMatchObject({ outcome: 'refused', message: expect.stringContaining(why) })
      expect(github.store.comments).toEqual([])
    },
    30_000,
  )
})

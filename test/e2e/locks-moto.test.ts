import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest'
import { apply } from '../../src/commands/apply.ts'
import type { Report, World } from '../../src/commands/command.ts'
import { readJournal } from '../../src/commands/infrastructure/journal.ts'
import { operate } from '../../src/commands/operate.ts'
import { perform } from '../../src/commands/perform.ts'
import { plan } from '../../src/commands/plan.ts'
import type { Runs } from '../../src/domain/plans/approval.ts'
import { nodeFiles } from '../../src/runtime/node/files.ts'
import { nodeRuntime } from '../../src/runtime/node/index.ts'
import { Redactor } from '../../src/runtime/redact.ts'
import { type Moto, startMoto } from '../real/moto.ts'
import { describeReal } from '../real.ts'
import { planIdOf } from './deployment.ts'

const TIME = 180_000
const BUCKET = 'states'
const STATE_KEY = 'tiny/production/own.tfstate'
const RUN = 'https://github.test/acme/shop/actions/runs/99'

/** One machine of two that work on the same state. */
interface Machine extends AsyncDisposable {
  readonly folder: string
  readonly state: string
  plan(): Promise<Report>
  apply(): Promise<Report>
  unlock(runs: Runs): Promise<Report>
}

let moto: Moto

/** @param gate the engine waits for this file while it holds the lock. */
async function machine(name: string, gate: string): Promise<Machine> {
  const folder = await mkdtemp(join(tmpdir(), `sluice-${name}-`))
  await mkdir(join(folder, 'own'))
  await writeFile(
    join(folder, 'sluice.yml'),
    `system: tiny
environments: { production: { cloud: aws, account: "222222222222", region: us-east-1 } }
infra: { hcl: own }
`,
  )
  await writeFile(
    join(folder, 'own/main.tf'),
    `terraform {
  backend "s3" {
    bucket                      = "${BUCKET}"
    key                         = "${STATE_KEY}"
    region                      = "us-east-1"
    use_lockfile                = true
    use_path_style              = true
    skip_credentials_validation = true
    skip_requesting_account_id  = true
    skip_metadata_api_check     = true
  }
}
resource "terraform_data" "one" {
  input = "one"
  provisioner "local-exec" {
    command = "while [ ! -e ${gate} ]; do sleep 0.1; done"
  }
}
output "sluice" {
  value = { schema = "sluice.targets/v1", system = "tiny", environment = "production" }
}
`,
  )
  const env = {
    PATH: process.env['PATH'],
    HOME: folder,
    USER: name,
    AWS_ENDPOINT_URL_S3: moto.url,
    AWS_ACCESS_KEY_ID: 'test',
    AWS_SECRET_ACCESS_KEY: 'test-secret',
  }
  const state = join(folder, '.sluice/production')
  const world = (runs: Runs): World => ({
    runtime: nodeRuntime({ emit: () => {} }, { cancelled: new AbortController().signal }, folder, env),
    openProvider: () => Promise.reject(new Error('no provider here')),
    ask: () => planIdOf(state),
    runs,
    request: { file: join(folder, 'sluice.yml'), environment: 'production', dryRun: false },
  })
  const under = { at: async () => [{ id: '99', url: RUN, finished: false }] }
  const run = async (verb: 'plan' | 'apply', work: (world: World) => Promise<Report>): Promise<Report> =>
    (await perform(world(under), new Redactor(), verb, work)).report
  return {
    folder,
    state,
    plan: () => run('plan', (made) => plan(made)),
    apply: () => run('apply', (made) => apply(made, {})),
    unlock: (runs) => operate(world(runs), { operation: 'unlock', yes: true }),
    [Symbol.asyncDispose]: () => rm(folder, { recursive: true, force: true }),
  }
}

async function openFolder(): Promise<AsyncDisposable & { readonly path: string }> {
  const path = await mkdtemp(join(tmpdir(), 'sluice-gate-'))
  return { path, [Symbol.asyncDispose]: () => rm(path, { recursive: true, force: true }) }
}

/** The objects of the state and of its lock that are in the bucket. */
async function objects(): Promise<string[]> {
  const answer = await fetch(`${moto.url}/${BUCKET}?list-type=2`, { headers: SIGNED })
  return [...(await answer.text()).matchAll(/<Key>([^<]*)<\/Key>/g)].map(([, key = '']) => key)
}

/** moto reads the account from it and checks nothing. */
const SIGNED = {
  authorization:
    'AWS4-HMAC-SHA256 Credential=test/20261121/us-east-1/s3/aws4_request, SignedHeaders=host, Signature=0',
}

const clock = nodeRuntime({ emit: () => {} }, { cancelled: new AbortController().signal }, '/').clock

async function until(is: () => Promise<boolean>): Promise<void> {
  for (let turn = 0; turn < 600; turn++) {
    if (await is()) return
    await clock.sleep(100)
  }
  throw new Error('it did not happen')
}

describeReal('the lock of a state in S3 by moto, taken by OpenTofu', ['tofu', 'moto'], () => {
  beforeAll(async () => {
    moto = await startMoto()
  }, 60_000)
  afterAll(() => moto[Symbol.asyncDispose]())
  beforeEach(async () => {
    await moto.reset()
    const made = await fetch(`${moto.url}/${BUCKET}`, { method: 'PUT', headers: SIGNED })
    expect(made.status).toBe(200)
  })

  test(
    'R18 of two engines that race for one state one applies, and the other does nothing',
    async () => {
      await using one = await machine('one', '/dev/null')
      await using other = await machine('other', '/dev/null')
      for (const each of [one, other]) expect(await each.plan()).toMatchObject({ outcome: 'done' })
      // Both look at the state before either writes: the lock is asked for at the same moment.
      moto.gather(({ method, path }) => method === 'PUT' && path.includes('.tflock'), 2)
      const ended = await Promise.all([one.apply(), other.apply()])
      const outcomes = ended.map(({ outcome }) => outcome).sort()
      expect(outcomes).toEqual(['done', 'stale'])
      // The lock is created only where there is none: once it was there already.
      const puts = moto.seen.filter(({ method, path }) => method === 'PUT' && path.includes('.tflock'))
      expect(puts.map(({ status }) => status)).toContain(412)
      expect(await objects()).toEqual([STATE_KEY])
      expect(await one.plan()).toMatchObject({ outputs: { changes: 'false' } })
    },
    TIME,
  )

  test(
    'R18 R19 a held lock is told with holder, age and run; after SIGKILL it stays until its run is finished',
    async () => {
      await using folder = await openFolder()
      let applying: Promise<Report> | undefined
      // Made when the test ends, however it ends: no engine waits for ever.
      const gate = join(folder.path, 'gate')
      await using _ = {
        [Symbol.asyncDispose]: async () => {
          await writeFile(gate, '')
          await applying
        },
      }
      await using one = await machine('one', gate)
      await using other = await machine('other', gate)
      for (const each of [one, other]) expect(await each.plan()).toMatchObject({ outcome: 'done' })
      applying = one.apply()
      const engine = async () =>
        (await readJournal(nodeFiles, one.state, 'own')).find((line) => line.kind === 'engine')
      await until(
        async () => (await engine()) !== undefined && (await objects()).includes(`${STATE_KEY}.tflock`),
      )

      const locked = await other.plan()
      expect(locked).toMatchObject({
        outcome: 'locked',
        remedy: expect.stringContaining('sluice operate unlock'),
      })
      expect(locked.message).toMatch(
        /waits for \S+@\S+ for (less than a minute|1 minute) \(apply\): lock [0-9a-f-]{36}; runs under way: https:\/\/github\.test\/acme\/shop\/actions\/runs\/99/,
      )

      const pid = (await engine())?.pid
      if (pid === undefined) throw new Error('the journal names no engine')
      process.kill(-pid, 'SIGKILL')
      expect((await applying)?.outcome).toBe('external')
      expect(await objects()).toContain(`${STATE_KEY}.tflock`)

      const under = await other.unlock({ at: async () => [{ id: '99', url: RUN, finished: false }] })
      expect(under).toMatchObject({ outcome: 'locked', data: { locks: [{ done: false }] } })
      expect(under.message).toContain(`is not finished ${RUN}`)
      const finished = await other.unlock({ at: async () => [{ id: '99', url: RUN, finished: true }] })
      expect(finished).toMatchObject({ outcome: 'done', data: { locks: [{ done: true }] } })
      expect(await objects()).not.toContain(`${STATE_KEY}.tflock`)
      expect(await other.plan()).toMatchObject({ outcome: 'done', outputs: { changes: 'true' } })
    },
    TIME,
  )
})

import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { runJob } from '../../../src/commands/train/job.ts'
import type { Run } from '../../../src/commands/train/open-run.ts'
import { openJobs } from '../../../src/providers/local/jobs/index.ts'
import type { Event } from '../../../src/runtime/events.ts'
import { nodeRuntime } from '../../../src/runtime/node/index.ts'
import type { Runtime } from '../../../src/runtime/runtime.ts'
import { aStep, TRAINER } from '../../domain/pipeline/builders.ts'
import { AROUND } from '../../providers/local/jobs/world.ts'
import { dockerEngine, importBusybox } from '../../real/docker-engine.ts'
import { describeReal } from '../../real.ts'
import { BUSYBOX_PROGRAMS } from '../busybox-programs.ts'
import { type JobWorld, jobEngineContract } from '../job-engine.ts'

/** Real containers of busybox on the real engine. */
async function dockerJobs() {
  const engine = await dockerEngine()
  const image = importBusybox('sluice-steps:busybox', 'ENV FROM_IMAGE=image', 'ENV WHO=image')
  const folder = await mkdtemp(join(tmpdir(), 'sluice-docker-jobs-'))
  const world = {
    folder,
    docker: engine.docker,
    open: (cancel = new AbortController(), seen: (event: Event) => void = () => {}) => {
      const events: Event[] = []
      const emit = (event: Event): void => {
        events.push(event)
        seen(event)
      }
      const real = nodeRuntime({ emit }, { cancelled: cancel.signal }, folder)
      const runtime: Runtime = { ...real, env: { ...real.env, ...engine.env } }
      const jobs = openJobs({
        runtime,
        folder,
        containers: { prepare: () => Promise.reject(new Error('no process was asked for')) },
        docker: { images: { prepare: async () => image }, root: folder },
        variables: async () => AROUND,
        grace: 300,
      })
      return { engine: jobs, events, runtime }
    },
    spec: (id, program, change = {}, env = {}) => ({
      id,
      image: TRAINER,
      env,
      step: aStep({ engine: 'docker', command: ['sh', '-c', BUSYBOX_PROGRAMS[program]], ...change }),
    }),
    close: async () => {
      const { engine: jobs } = world.open()
      for (const id of await readdir(join(folder, 'jobs')).catch(() => [])) await jobs.stop(id)
      await rm(folder, { recursive: true, force: true })
    },
  } satisfies JobWorld & { docker: unknown; folder: string }
  return world
}

describeReal('steps as containers', ['dockerd'], () => {
  jobEngineContract('containers of this machine', dockerJobs)

  test('R5 R32 a secret stands on no command line, and nothing is left of a container that was stopped', async () => {
    const world = await dockerJobs()
    try {
      await writeFile(join(world.folder, 'secrets.json'), '{"token":"canary-4711"}', { mode: 0o600 })
      const { engine } = world.open()
      const spec = world.spec('secret', 'stubborn', { secrets: { TOKEN: 'token' } })
      await engine.start(spec)
      for await (const line of engine.logs('secret')) if (line.text === 'started') break
      const running = () => world.docker('ps', '--all', '--quiet', '--filter', 'label=sluice.job=secret')
      const [container = ''] = running().split('\n')
      expect(world.docker('inspect', '--format', '{{json .Config.Env}}', container)).toContain(
        'TOKEN=canary-4711',
      )
      expect(world.docker('inspect', '--format', '{{.HostConfig.NetworkMode}}', container)).toBe('host')
      const argv = await commandLines()
      expect(argv.some((line) => line.includes('--label=sluice.job=secret'))).toBe(true)
      expect(argv.some((line) => line.includes('canary-4711'))).toBe(false)
      await engine.stop('secret')
      expect(running()).toBe('')
    } finally {
      await world.close()
    }
  })

  test('R48 a cancel ends the container of the step that runs, and says so', async () => {
    const world = await dockerJobs()
    try {
      const cancel = new AbortController()
      const { engine, runtime } = world.open(cancel, ({ kind }) => {
        if (kind === 'output') setImmediate(() => cancel.abort(new Error('cancelled by SIGINT')))
      })
      const { step, image, env } = world.spec('cancelled', 'stubborn')
      const run: Run = { id: 'run-1', resumed: false, note: async () => {}, end: async () => {} }
      await expect(
        runJob(runtime, engine, run, { step, image, env, fingerprint: 'f' }),
      ).rejects.toMatchObject({
        outcome: 'cancelled',
        message: 'cancelled while step train ran; its job was stopped',
      })
      const [job = ''] = await readdir(join(world.folder, 'jobs'))
      expect(world.docker('ps', '--all', '--quiet', '--filter', `label=sluice.job=${job}`)).toBe('')
      expect(await world.open().engine.status(job)).toMatchObject({ state: 'stopped' })
    } finally {
      await world.close()
    }
  })

  test('R32 a container whose keeper was killed is ended by whoever looks next', async () => {
    const world = await dockerJobs()
    try {
      const { engine } = world.open()
      await engine.start(world.spec('orphan', 'stubborn'))
      for await (const line of engine.logs('orphan')) if (line.text === 'started') break
      const keeper = JSON.parse(await readFile(join(world.folder, 'jobs/orphan/keeper.json'), 'utf8')) as {
        pid: number
      }
      process.kill(keeper.pid, 'SIGKILL')
      const { engine: next } = world.open()
      expect(await next.wait('orphan')).toMatchObject({
        state: 'failed',
        reason: expect.stringContaining('kept it ended'),
      })
      expect(world.docker('ps', '--all', '--quiet', '--filter', 'label=sluice.job=orphan')).toBe('')
    } finally {
      await world.close()
    }
  })
})

async function commandLines(): Promise<string[]> {
  const pids = (await readdir('/proc')).filter((name) => /^\d+$/.test(name))
  return Promise.all(pids.map((pid) => readFile(`/proc/${pid}/cmdline`, 'utf8').catch(() => '')))
}

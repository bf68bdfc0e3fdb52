import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { JobEngine, JobSpec } from '../../src/providers/ports/jobs.ts'
import type { LogLine } from '../../src/providers/ports/operations.ts'
import type { Event } from '../../src/runtime/events.ts'

/** What the programs of this suite do; a provider's world says how its images run them. */
export const PROGRAMS = {
  /** Prints `out 1`, `err 1`, `out 2`, then exits with 0. */
  talks: `console.log('out 1'); console.error('err 1'); setTimeout(() => console.log('out 2'), 50)`,
  fails: `console.log('about to fail'); process.exit(3)`,
  /** Never ends, and does not listen to SIGTERM. */
  stubborn: `process.on('SIGTERM', () => {}); console.log('started'); setInterval(() => {}, 1000)`,
  /** Prints its environment as JSON. */
  environment: `console.log(JSON.stringify(process.env))`,
  /** Takes half a second and prints a line that differs in each process. */
  slow: `console.log('process ' + process.pid + ' ' + process.hrtime.bigint()); setTimeout(() => {}, 500)`,
} as const
export type Program = keyof typeof PROGRAMS

export interface JobWorld {
  /** A client that knows nothing of what others have done. */
  open(): { readonly engine: JobEngine; readonly events: readonly Event[] }
  spec(id: string, program: Program, change?: Partial<JobSpec['step']>, env?: Record<string, string>): JobSpec
  close(): Promise<void>
}

async function linesOf(lines: AsyncIterable<LogLine>): Promise<LogLine[]> {
  const all: LogLine[] = []
  for await (const line of lines) all.push(line)
  return all
}

/**
 * The promises of the port `JobEngine`; every provider passes them.
 *
 * @param traits `merged`: the platform's log does not tell stderr from stdout.
 */
export function jobEngineContract(
  name: string,
  open: () => Promise<JobWorld>,
  traits: { readonly streams: 'apart' | 'merged' } = { streams: 'apart' },
): void {
  describe(`JobEngine: ${name}`, () => {
    let world: JobWorld
    beforeAll(async () => {
      world = await open()
    })
    afterAll(() => world.close())

    test('a job runs to its end; its output is relayed and kept', async () => {
      const { engine, events } = world.open()
      await engine.start(world.spec('talks', 'talks'))
      const status = await engine.wait('talks')
      expect(status).toMatchObject({ state: 'succeeded', exitCode: 0, reason: null })
      expect(status.endedAt).toBeGreaterThanOrEqual(status.startedAt ?? Number.POSITIVE_INFINITY)
      const output = events.flatMap((event) => (event.kind === 'output' ? [event] : []))
      expect(output.map(({ line }) => line).sort()).toEqual(['err 1', 'out 1', 'out 2'])
      expect(new Set(output.map(({ source }) => source))).toEqual(new Set(['train']))
      const kept = await linesOf(engine.logs('talks'))
      if (traits.streams === 'merged') {
        expect(kept.map(({ text }) => text).sort()).toEqual(['err 1', 'out 1', 'out 2'])
        return
      }
      expect(kept.filter(({ stream }) => stream === 'stdout').map(({ text }) => text)).toEqual([
        'out 1',
        'out 2',
      ])
      expect(kept.filter(({ stream }) => stream === 'stderr').map(({ text }) => text)).toEqual(['err 1'])
    })

    test('a failing job has its exit code and a reason', async () => {
      const { engine } = world.open()
      await engine.start(world.spec('fails', 'fails'))
      expect(await engine.wait('fails')).toMatchObject({
        state: 'failed',
        exitCode: 3,
        reason: 'exit code 3',
      })
    })

    test('R33 a second start, also by another client, finds the first job', async () => {
      const [first, second] = [world.open(), world.open()]
      await first.engine.start(world.spec('once', 'slow'))
      await second.engine.start(world.spec('once', 'slow'))
      await Promise.all([first.engine.wait('once'), second.engine.wait('once')])
      await second.engine.start(world.spec('once', 'slow'))
      expect(await linesOf(second.engine.logs('once'))).toHaveLength(1)
    })

    test('R33 two starts at the same moment are one job', async () => {
      const clients = [world.open(), world.open(), world.open()]
      await Promise.all(clients.map(({ engine }) => engine.start(world.spec('race', 'slow'))))
      expect((await clients[0]?.engine.wait('race'))?.state).toBe('succeeded')
      expect(await linesOf(world.open().engine.logs('race'))).toHaveLength(1)
    })

    test('a client that comes later follows a job that is running', async () => {
      await world.open().engine.start(world.spec('followed', 'talks'))
      const { engine, events } = world.open()
      expect((await engine.wait('followed')).state).toBe('succeeded')
      expect(events.filter(({ kind }) => kind === 'output')).toHaveLength(3)
    })

    test('R36 a step that does not end in time is ended, even if it does not listen', async () => {
      const { engine } = world.open()
      await engine.start(world.spec('late', 'stubborn', { timeout: 400 }))
      expect(await engine.wait('late')).toMatchObject({
        state: 'timed-out',
        reason: expect.stringMatching(/\b400 ?ms$/),
      })
    })

    test('stop resolves when the job has ended, and may be repeated', async () => {
      const { engine } = world.open()
      await engine.start(world.spec('stopped', 'stubborn'))
      for await (const line of engine.logs('stopped')) if (line.text === 'started') break
      await Promise.all([engine.stop('stopped'), world.open().engine.stop('stopped')])
      expect((await engine.status('stopped'))?.state).toBe('stopped')
      await engine.stop('stopped')
      expect((await engine.wait('stopped')).state).toBe('stopped')
    })

    test('a job that was never started has no status, and waiting for it is an error', async () => {
      const { engine } = world.open()
      expect(await engine.status('unknown')).toBeUndefined()
      await expect(engine.wait('unknown')).rejects.toThrow('there is no job unknown')
      await engine.stop('unknown')
    })

    test('what the caller sets wins over the step, and the step over the image', async () => {
      const { engine } = world.open()
      const env = { FROM_CALLER: 'caller', WHO: 'caller' }
      await engine.start(world.spec('env', 'environment', { env: { FROM_STEP: 'step', WHO: 'step' } }, env))
      await engine.wait('env')
      const [line] = await linesOf(engine.logs('env'))
      expect(JSON.parse(line?.text ?? '')).toMatchObject({
        FROM_CALLER: 'caller',
        FROM_STEP: 'step',
        WHO: 'caller',
      })
    })
  })
}

import { rm } from 'node:fs/promises'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { readJournal } from '../../src/commands/infrastructure/journal.ts'
import { operate } from '../../src/commands/operate.ts'
import type { Runs } from '../../src/domain/plans/approval.ts'
import { nodeFiles } from '../../src/runtime/node/files.ts'
import { describeReal } from '../real.ts'
import { bucket, type OwnStack, openOwnStack } from './own-stack.ts'

const TIME = 180_000

const open = () => openOwnStack({ aws_s3_bucket: { one: bucket('one') } })

const unlock = (own: OwnStack, options: { yes: boolean; stack?: string }, runs?: Runs) =>
  operate(
    {
      runtime: own.runtime(),
      openProvider: () => Promise.reject(new Error('no provider here')),
      ...(runs === undefined ? {} : { runs }),
      request: { file: 'sluice.yml', environment: 'production', dryRun: false },
    },
    { operation: 'unlock', ...options },
  )

/** The runs of a repository, in which one was under way. */
const oneRun = (finished: boolean): Runs => ({
  at: async () => [{ id: '99', url: 'https://github.test/runs/99', finished }],
})

describeReal('the lock of a state, by OpenTofu', ['tofu'], () => {
  test(
    'R18 R19 it is held while an apply runs, told to others, and given back on a cancel',
    async () => {
      await using own = await open()
      const cancel = new AbortController()
      const { ended: applying } = await hangingApply(own, cancel.signal)
      const held = await unlock(own, { yes: true })
      expect(held).toMatchObject({ outcome: 'locked', data: { locks: [{ stack: 'own', done: false }] } })
      expect(held.message).toMatch(
        /own is held by \S+@\S+ for less than a minute \(apply\): the engine that took it still runs/,
      )

      cancel.abort(new Error('cancelled'))
      expect((await applying).outcome).toBe('cancelled')
      expect(await unlock(own, { yes: false })).toMatchObject({
        outcome: 'done',
        message: 'no state is locked',
      })
      // What it had begun is known on the next run.
      const next = await own.plan()
      expect(next).toMatchObject({ outcome: 'done' })
      expect(next.data['interrupted']).toMatchObject([
        { orphans: [{ address: 'aws_s3_bucket.one', sign: 'begun' }] },
      ])
    },
    TIME,
  )

  test(
    'R18 R19 after SIGKILL it is stale: others are told, and it is given back on request alone',
    async () => {
      await using own = await open()
      const { faults } = own.world
      await own.plan()
      faults.plan = (request) =>
        request === 'create aws_s3_bucket' ? { kind: 'kill', when: 'after' } : undefined
      faults.kill = () => void engineOf(own).then((pid) => process.kill(-pid, 'SIGKILL'))
      const killed = await own.apply()
      expect(killed.outcome).toBe('external')
      expect(killed.message).toContain('SIGKILL')
      faults.plan = () => undefined
      expect(own.world.store.list().map(({ key }) => key)).toEqual(['one'])

      const locked = await own.plan()
      expect(locked).toMatchObject({
        outcome: 'locked',
        remedy: expect.stringContaining('sluice operate unlock'),
      })
      expect(locked.message).toMatch(/waits for \S+@\S+ for .*\(apply\): lock [0-9a-f-]{36}/)

      const shown = await unlock(own, { yes: false }, oneRun(true))
      expect(shown).toMatchObject({ outcome: 'locked', data: { locks: [{ done: false }] } })
      expect((await unlock(own, { yes: true, stack: 'own' })).message).toContain(
        'given back: the engine that took it has ended on this machine',
      )
      const next = await own.plan()
      expect(next).toMatchObject({ outcome: 'done' })
      expect(next.data['interrupted']).toMatchObject([
        { orphans: [{ address: 'aws_s3_bucket.one', sign: 'begun' }] },
      ])
    },
    TIME,
  )

  test(
    'R18 a lock of another machine is given back only if every run of that time is finished',
    async () => {
      await using own = await open()
      const cancel = new AbortController()
      const run = await hangingApply(own, cancel.signal)
      // Nothing on this machine knows of it any more.
      await rm(join(own.state, 'journal'), { recursive: true })
      expect((await unlock(own, { yes: true })).message).toContain(
        'nobody can say whether its owner has finished',
      )
      const unfinished = await unlock(own, { yes: true }, oneRun(false))
      expect(unfinished).toMatchObject({ outcome: 'locked', data: { locks: [{ done: false }] } })
      expect(unfinished.message).toContain('is not finished https://github.test/runs/99')
      expect(await unlock(own, { yes: true }, oneRun(true))).toMatchObject({
        outcome: 'done',
        data: { locks: [{ done: true }] },
      })
      cancel.abort(new Error('cancelled'))
      await run.ended
    },
    TIME,
  )
})

/** The process of the engine, as the journal knows it. */
async function engineOf(own: OwnStack): Promise<number> {
  const line = (await readJournal(nodeFiles, own.state, 'own')).find((one) => one.kind === 'engine')
  if (line === undefined) throw new Error('the journal names no engine')
  return line.pid
}

/** An apply that hangs in the cloud, whose lock is held. */
async function hangingApply(own: OwnStack, cancelled: AbortSignal) {
  await own.plan()
  const { faults } = own.world
  const hangs = new Promise<void>((resolve) => {
    faults.plan = (request) => {
      if (request !== 'create aws_s3_bucket') return undefined
      resolve()
      return { kind: 'hang' }
    }
  })
  const ended = own.apply({}, { cancelled })
  await hangs
  faults.plan = () => undefined
  return { ended }
}

import { mkdtempSync, readdirSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import type { Event } from '../../src/runtime/events.ts'
import { nodeRuntime } from '../../src/runtime/node/index.ts'
import { openNodeNetwork } from '../real/node-network.ts'
import { describeReal, fashionPython } from '../real.ts'
import { openAwsJobsWorld, order, stepOn } from '../world/aws-jobs-world.ts'
import { processRunner } from '../world/cloud-world/http/run/runs.ts'

const NODES = 3
const PROGRAM = join(import.meta.dirname, 'batch-nodes/train.py')

/**
 * What the image sets. torch 1.13, which is Debian's, cannot read its own default of these two under Python 3.11, where an IntFlag does
 * not list its zero; 2 leaves standard output as it is.
 */
const IMAGE = { OMP_NUM_THREADS: '1', PET_REDIRECTS: '2', PET_TEE: '2' }

/** What one node of train.py says. */
interface Seen {
  readonly node: number
  readonly host: string
  readonly rank: number
  readonly world: number
  readonly sum: number
  readonly weights: readonly number[]
  readonly alone: readonly number[]
  readonly whole: readonly number[]
  readonly kept: readonly number[]
}

/**
 * What our engine submits is what runs: the command and the variables reach Batch by the real SDK, Batch adds its own
 * (https://docs.aws.amazon.com/batch/latest/userguide/mnp-env-vars.html), and each node is a machine with an address of its own.
 */
describeReal(
  'training on several nodes of Batch, with torch and gloo',
  ['environment of fashion-catalog', 'networks of its own'],
  () => {
    test('torchrun on three nodes finds the first one, learns from the rows of all, and leaves one checkpoint', async () => {
      const folder = mkdtempSync(join(tmpdir(), 'sluice-torch-'))
      await using network = await openNodeNetwork(NODES)
      const machine = { PATH: process.env['PATH'] ?? '', ...IMAGE }
      const runner = processRunner(5_000, ({ command, env }) => ({
        argv: network.on(Number(env['AWS_BATCH_JOB_NODE_INDEX']), command),
        env: { ...machine, ...env },
      }))
      const events: Event[] = []
      const signals = { cancelled: new AbortController().signal }
      const runtime = nodeRuntime({ emit: (event) => void events.push(event) }, signals, '/', {})
      const world = await openAwsJobsWorld({ programs: { torch: {} }, runner, clock: runtime.clock })
      try {
        const { engine } = world.open('nodes', runtime)
        const command = [fashionPython(), '-m', 'torch.distributed.run', PROGRAM, folder]
        await engine.start(order('train-1', 'torch', stepOn('nodes', { command, timeout: 120_000 })))
        const status = await engine.wait('train-1')
        const output = events.flatMap((event) => (event.kind === 'output' ? [event] : []))
        expect(status, output.map(({ line }) => line).join('\n')).toMatchObject({ state: 'succeeded' })
        const seen = output
          .filter(({ line }) => line.startsWith('{'))
          .map(({ source, line }) => ({ source, ...(JSON.parse(line) as Seen) }))
          .sort((a, b) => a.rank - b.rank)
        expect(
          seen.map(({ source, node, host, rank, world, sum }) => [source, node, host, rank, world, sum]),
        ).toEqual([0, 1, 2].map((node) => [`train node ${node}`, node, `node${node}`, node, NODES, 6]))
        for (const { weights, alone, whole, kept } of seen) {
          // Averaged gradients of equal shares are the gradient of all rows; a share alone leads elsewhere.
          expect(weights).toEqual(whole)
          expect(weights).not.toEqual(alone)
          expect(kept).toEqual(weights)
        }
        expect(readdirSync(folder)).toEqual(['checkpoint.pt'])
      } finally {
        await world[Symbol.asyncDispose]()
        await runner.close()
        rmSync(folder, { recursive: true })
      }
    }, 120_000)
  },
)

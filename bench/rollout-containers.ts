/**
 * A release of three services end to end, from known images until it is live: real containers by ministack's ECS over a Docker
 * engine, each service two copies that replace two. Bake time 1 s, no checks.
 */
import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { ImageReference } from '../src/domain/digest.ts'
import { dockerEngine, leaveDockerEngine } from '../test/real/docker-engine.ts'
import { startRegistry } from '../test/real/docker-registry.ts'
import { openEcsShop } from '../test/real/ecs-shop.ts'
import { startMinistack } from '../test/real/ministack.ts'

const ROUNDS = 5
const NAMES = ['web', 'api', 'queue']

async function main(): Promise<readonly number[]> {
  const engine = await dockerEngine()
  await using registry = await startRegistry()
  await using cloud = await startMinistack({ engine })
  using shop = await openEcsShop({ engine, registry, cloud }, NAMES)
  const program = (version: number): string =>
    `echo ${version}; trap 'exit 0' TERM; while true; do sleep 1 & wait $!; done`
  const times: number[] = []
  for (let round = 0; round <= ROUNDS; round++) {
    const image = shop.image(program(round))
    const images = Object.fromEntries(NAMES.map((name): [string, ImageReference] => [name, image]))
    const begin = performance.now()
    const { outcome, message } = await shop.roll(images)
    const took = (performance.now() - begin) / 1000
    if (outcome !== 'done') throw new Error(message)
    process.stdout.write(`release ${round + 1}: ${took.toFixed(1)} s\n`)
    // The first release replaces nothing.
    if (round > 0) times.push(took)
  }
  return times.toSorted((a, b) => a - b)
}

const times = await main().finally(() => leaveDockerEngine())
const second = (value = 0): number => Math.round(value * 10) / 10
const measured = [
  { label: 'release of three services, median', value: second(times[times.length >> 1]), unit: 's' },
  { label: 'release of three services, slowest', value: second(times.at(-1)), unit: 's' },
]
const results = join(import.meta.dirname, 'results')
mkdirSync(results, { recursive: true })
writeFileSync(
  join(results, 'rollout-containers.json'),
  `${JSON.stringify({ name: 'rollout-containers', command: 'node bench/rollout-containers.ts', measured }, null, 2)}\n`,
)

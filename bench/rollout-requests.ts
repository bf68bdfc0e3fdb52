/**
 * Requests that the wait of a release costs, whose copies take about five minutes to start: whole rollouts through the real clients, on
 * the simulated ECS and Cloud Run and on virtual time. `rollout` measures the same wait in looks, over many more rounds.
 */
import { leave, type Measured, rounded } from './rollout/results.ts'
import { seeded } from './rollout/sample.ts'
import { type Cost, LEARNING, waitsOnCloudRun, waitsOnEcs } from './rollout/waits.ts'

const ROUNDS = 30
const USUAL = 300_000
const SPREAD = 0.04

const sample = seeded()
const durations = Array.from({ length: ROUNDS + LEARNING }, () => sample.duration(USUAL, SPREAD))

function linesOf(label: string, { late, notice, all }: Cost): readonly Measured[] {
  return [
    { label: `${label}: noticed late`, value: rounded(late / 1000, 1), unit: 's' },
    { label: `${label}: requests until it is noticed`, value: rounded(notice, 1), unit: 'requests' },
    { label: `${label}: with the check of what runs`, value: rounded(all, 1), unit: 'requests' },
  ]
}

const measured: Measured[] = []
for (const strategy of ['canary', 'linear', 'blue-green', 'rolling'] as const) {
  for (const frugal of [false, true]) {
    const mode = frugal ? ', frugal' : ''
    measured.push(...linesOf(`${strategy} on ECS${mode}`, await waitsOnEcs({ strategy, frugal, durations })))
  }
}
for (const strategy of ['canary', 'blue-green'] as const) {
  for (const frugal of [false, true]) {
    const mode = frugal ? ', frugal' : ''
    measured.push(
      ...linesOf(`${strategy} on Cloud Run${mode}`, await waitsOnCloudRun({ strategy, frugal, durations })),
    )
  }
}
leave('rollout-requests', measured)

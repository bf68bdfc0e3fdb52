import { expect, test } from 'vitest'
import {
  type ContainerRun,
  containerName,
  containerOrder,
} from '../../../../src/providers/local/jobs/container-run.ts'

const run = (change: Partial<ContainerRun> = {}): ContainerRun => ({
  id: 'train-1',
  step: 'train',
  gpu: 0,
  image: 'local/films/trainer:f-1',
  command: ['python', 'train.py', '--rm=no'],
  variables: { TOKEN: 'canary-4711', EPOCHS: '5' },
  secrets: ['canary-4711'],
  folder: '/films/.sluice/local/cloud/jobs/train-1',
  root: '/films',
  ...change,
})

test('R2 R5 a container is a vector of arguments that names its variables and says none of their values', () => {
  const { argv, env, remove } = containerOrder(run(), { PATH: '/usr/bin', OTHER: 'not ours' })
  const name = containerName(run())
  expect(argv).toEqual([
    'docker',
    'run',
    '--rm',
    `--name=${name}`,
    '--label=sluice.job=train-1',
    '--label=sluice.step=train',
    '--network=host',
    '--log-driver=none',
    '--mount=type=bind,source=/films,target=/films,readonly',
    '--env=TOKEN',
    '--env=EPOCHS',
    '--',
    'local/films/trainer:f-1',
    'python',
    'train.py',
    '--rm=no',
  ])
  expect(env).toMatchObject({ TOKEN: 'canary-4711', EPOCHS: '5', PATH: '/usr/bin' })
  expect(env).not.toHaveProperty('OTHER')
  expect(remove).toEqual(['docker', 'rm', '--force', '--volumes', name])
})

test('R33 one job of one environment has one name, and another environment has another', () => {
  expect(containerName(run())).toBe(containerName(run({ image: 'other' })))
  expect(containerName(run())).not.toBe(containerName(run({ folder: '/other/jobs/train-1' })))
})

test('a variable that the client reads too is given to the container alone', () => {
  const { argv, env } = containerOrder(run({ variables: { PATH: '/opt/bin' } }), { PATH: '/usr/bin' })
  expect(argv).toContain('--env=PATH=/opt/bin')
  expect(env['PATH']).toBe('/usr/bin')
})

test('R5 a secret under the name of a setting of the client is refused', () => {
  const secret = run({ variables: { HTTPS_PROXY: 'canary-4711' } })
  expect(() => containerOrder(secret, { HTTPS_PROXY: 'http://proxy' })).toThrow('HTTPS_PROXY')
})

test('GPUs are asked for by their number', () => {
  expect(containerOrder(run({ gpu: 2 }), {}).argv).toContain('--gpus=2')
})

import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as wait } from 'node:timers/promises'
import { describe, expect, test } from 'vitest'
import { checkpointSchema } from '../../src/domain/jobs/checkpoint.ts'
import { AgentMachine } from './step-agent.ts'

const DATA = 's3/bucket/checkpoints/train-1/data/train-1.1'
/** As a program does it: written beside, then renamed. */
const keep = (name: string, text: string): string =>
  `mkdir -p $KEPT/.new/deep; echo ${text} > $KEPT/.new/weights; echo ${text} > $KEPT/.new/deep/state; mv $KEPT/.new $KEPT/${name}; sleep 0.4`

const until = async (is: () => boolean): Promise<void> => {
  while (!is()) await wait(10)
}

describe('what keeps a step on a machine of its own', () => {
  test('it says that it lives and how the container ended, and switches the machine off', async () => {
    await using machine = new AgentMachine()
    await machine.run('exit 3')
    expect(machine.life).toEqual(['started', 'exit 3'])
    expect(existsSync(join(machine.folder, 'off'))).toBe(true)
    const asked = machine.read('docker-run') ?? ''
    expect(asked).toContain('--log-driver awslogs')
    expect(asked).toContain('awslogs-stream=step/train-1.1')
    expect(asked).toContain(`--volume ${machine.kept}:/checkpoints --env SLUICE_CHECKPOINT_DIR=/checkpoints`)
  })

  test('a container that does not start is said, and the machine is switched off', async () => {
    await using machine = new AgentMachine()
    machine.write('no-image', '')
    await machine.run('true')
    expect(machine.life).toEqual(['started', 'broken no such image'])
    expect(existsSync(join(machine.folder, 'off'))).toBe(true)
  })

  test('R35 a checkpoint is kept data first and manifest last, and says what each file must be', async () => {
    await using machine = new AgentMachine()
    await machine.run(`${keep('at-1', 'one')}; ${keep('at-2', 'two')}`)
    expect(machine.manifests()).toEqual(['000001.json', '000002.json'])
    expect(checkpointSchema.parse(machine.manifest('000002'))).toMatchObject({
      name: 'at-2',
      data: 'data/train-1.1/at-2/',
      files: [
        { path: 'weights', size: 4 },
        { path: 'deep/state', size: 4 },
      ],
    })
    expect(machine.read(`${DATA}/at-2/deep/state`)).toBe('two\n')
  })

  test('R35 a machine that is killed in the middle of an upload leaves data and no manifest of it', async () => {
    await using machine = new AgentMachine()
    machine.write('broken', 'at-2/deep/state')
    machine.write('hangs', '5')
    const killer = new AbortController()
    const running = machine.run(`${keep('at-1', 'one')}; ${keep('at-2', 'two')}; sleep 30`, {}, killer.signal)
    await until(() => machine.read(`${DATA}/at-2/weights`) !== undefined)
    await wait(100)
    killer.abort()
    await running
    expect(machine.manifests()).toEqual(['000001.json'])
  })

  test('R35 a number that another machine has taken stays its own', async () => {
    await using machine = new AgentMachine()
    machine.write('s3/bucket/checkpoints/train-1/manifests/000001.json', '{"of": "another"}')
    await machine.run(keep('at-1', 'one'))
    expect(machine.manifests()).toEqual(['000001.json', '000002.json'])
    expect(machine.manifest('000001')).toEqual({ of: 'another' })
  })

  test('R35 a new machine goes on from the newest checkpoint whose bytes are what its manifest says', async () => {
    await using first = new AgentMachine()
    await first.run(`${keep('at-1', 'one')}; ${keep('at-2', 'two')}`)
    await using second = new AgentMachine()
    const path = 'bucket/checkpoints/train-1'
    for (const number of ['000001', '000002']) {
      second.write(
        `s3/${path}/manifests/${number}.json`,
        first.read(`s3/${path}/manifests/${number}.json`) ?? '',
      )
    }
    for (const file of ['at-1/weights', 'at-1/deep/state', 'at-2/weights', 'at-2/deep/state']) {
      second.write(`${DATA}/${file}`, first.read(`${DATA}/${file}`) ?? '')
    }
    second.write(`${DATA}/at-2/deep/state`, 'twX\n')
    const uri = (number: string): string => `s3://${path}/manifests/${number}.json`
    await second.run('ls $KEPT > $STUB/found; cat $KEPT/at-1/deep/state >> $STUB/found', {
      SLUICE_RESUME: `${uri('000002')} ${uri('000001')}`,
      SLUICE_NEXT: '3',
    })
    expect(second.life).toEqual(['started', `passed over ${uri('000002')}`, 'resumed at-1', 'exit 0'])
    expect(second.read('found')).toBe('at-1\none\n')
    // What it was given is not kept again.
    expect(second.manifests()).toEqual(['000001.json', '000002.json'])
  })

  test('R35 at the notice of EC2 the container is told, and what it still leaves is kept', async () => {
    await using machine = new AgentMachine()
    const program = `touch $STUB/begun; while [ ! -e $STUB/stopped ]; do sleep 0.05; done; ${keep('last', 'words')}`
    const running = machine.run(program)
    await until(() => existsSync(join(machine.folder, 'begun')))
    machine.notice = true
    await running
    expect(machine.life).toEqual(['started', 'interrupted', 'interrupted'])
    expect(machine.manifest('000001')).toMatchObject({ name: 'last' })
  })

  test('R35 a file that would lie outside of the checkpoint is none of it', async () => {
    await using machine = new AgentMachine()
    const files = [{ path: '../../escaped', size: 1, digest: `sha256:${'0'.repeat(64)}` }]
    const manifest = { schema: 'sluice.checkpoint/v1', name: 'evil', data: 'data/x/', files }
    machine.write('s3/bucket/checkpoints/train-1/manifests/000001.json', JSON.stringify(manifest))
    await machine.run('true', { SLUICE_RESUME: 's3://bucket/checkpoints/train-1/manifests/000001.json' })
    expect(machine.life[1]).toMatch(/^passed over /)
    expect(existsSync(join(machine.folder, 'opt/escaped'))).toBe(false)
  })
})

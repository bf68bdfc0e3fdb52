import { readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { expect, test } from 'vitest'
import type { ImageReference } from '../../../../src/domain/digest.ts'
import { commandLine } from '../../../../src/providers/local/images/command-line.ts'
import type { Tree } from '../../../tools/context/tree.ts'
import { refusal } from '../../../tools/context/tree.ts'
import { imageWorld } from './world.ts'

const PRINT =
  'console.log(JSON.stringify({ argv: process.argv.slice(2), cwd: process.cwd(), env: process.env }))'

async function prepared(tree: Tree, command?: readonly string[]) {
  const world = imageWorld(tree)
  const { reference, digest } = await world.publish()
  const container = await world.containers.prepare(reference, command)
  return { world, container, rootfs: join(world.state, 'cloud/rootfs', digest.slice(7)) }
}

test('an image runs as a process: its files, WORKDIR, ENV and CMD', async () => {
  const { world, container, rootfs } = await prepared({
    Dockerfile:
      'FROM node:24\nWORKDIR /srv/app\nENV GREETING=hi DATA=/srv/app:/nowhere URL=http://x/y\nCOPY . .\nCMD ["node", "print.js", "/srv/app/data", "/etc/none"]',
    'print.js': PRINT,
    data: '1',
  })
  using _ = world
  expect(container.cwd).toBe(join(rootfs, 'srv/app'))
  expect(container.argv[0]).toBe(process.execPath)
  const { code, stdout } = await world.context.runtime.exec.run(container.argv, container)
  expect(code).toBe(0)
  expect(JSON.parse(stdout)).toMatchObject({
    argv: [join(rootfs, 'srv/app/data'), '/etc/none'],
    cwd: join(rootfs, 'srv/app'),
    env: { GREETING: 'hi', DATA: `${join(rootfs, 'srv/app')}:/nowhere`, URL: 'http://x/y' },
  })
})

test('programs are looked for in the image first, then on this machine', async () => {
  const { world, container, rootfs } = await prepared({
    Dockerfile: 'FROM a\nWORKDIR /app\nENV PATH=/app/bin:$PATH\nCOPY . .\nENTRYPOINT ["tool"]\nCMD ["a"]',
    'bin/tool': { exec: '#!/usr/bin/env node\nconsole.log("own tool")' },
  })
  using _ = world
  expect(container.argv).toEqual([join(rootfs, 'app/bin/tool'), 'a'])
  const folders = (container.env['PATH'] ?? '').split(':')
  expect(folders.slice(0, 2)).toEqual([dirname(process.execPath), join(rootfs, 'app/bin')])
  const relative = await world.containers.prepare((await world.publish()).reference, ['b'])
  expect(relative.argv).toEqual([join(rootfs, 'app/bin/tool'), 'b'])
})

test('absolute and relative programs are those of the image', async () => {
  const tree: Tree = { Dockerfile: 'FROM a\nWORKDIR /app\nCOPY . .', run: { exec: '#!' }, plain: '' }
  const { world, container, rootfs } = await prepared(tree, ['/app/run'])
  using _ = world
  expect(container.argv).toEqual([join(rootfs, 'app/run')])
  const { reference } = await world.publish()
  expect((await world.containers.prepare(reference, ['./run', 'x'])).argv).toEqual([
    join(rootfs, 'app/run'),
    'x',
  ])
  for (const program of ['./plain', 'no-such-program', '/usr/local/lib/none']) {
    expect((await refusal(() => world.containers.prepare(reference, [program])))[0]).toContain(
      `${program} of image api was not found`,
    )
  }
})

test('an image is unpacked once, and whole, whoever asks at the same time', async () => {
  using world = imageWorld({ Dockerfile: 'FROM a\nCOPY . /app\nCMD ["node"]', x: '1' })
  const { reference, digest } = await world.publish()
  await Promise.all([1, 2, 3].map(() => world.containers.prepare(reference)))
  expect(readdirSync(join(world.state, 'cloud/rootfs'))).toEqual([digest.slice(7)])
  const file = join(world.state, 'cloud/rootfs', digest.slice(7), 'app/x')
  writeFileSync(file, 'mine')
  await world.containers.prepare(reference)
  expect(readFileSync(file, 'utf8')).toBe('mine')
  rmSync(join(world.state, 'cloud/rootfs'), { recursive: true })
  await world.containers.prepare(reference)
  expect(readFileSync(file, 'utf8')).toBe('1')
})

test('R27 only a digest of this system that is there can be prepared', async () => {
  using world = imageWorld({ Dockerfile: 'FROM a\nCOPY . /app' })
  await world.publish()
  const none = `sha256:${'0'.repeat(64)}`
  const said = async (text: string) =>
    (await refusal(() => world.containers.prepare(text as ImageReference)))[0]
  expect(await said(`local/films/api@${none}`)).toBe(`image api@${none} is not on this machine`)
  expect(await said(`local/films/api:latest`)).toContain('is no image of system films')
  expect(await said(`local/other/api@${none}`)).toContain('is no image of system films')
  expect(await said(`local/films/../../x@${none}`)).toContain('is no image of system films')
})

test.each([
  [{ Cmd: ['a', 'b'] }, undefined, ['a', 'b']],
  [{ Entrypoint: ['e'], Cmd: ['a'] }, undefined, ['e', 'a']],
  [{ Entrypoint: ['e'], Cmd: ['a'] }, ['c'], ['e', 'c']],
  [{ Cmd: ['/bin/sh', '-c', 'exec node "my file.js" --x=1'] }, undefined, ['node', 'my file.js', '--x=1']],
  [{ Entrypoint: ['/bin/sh', '-c', 'serve now'], Cmd: ['a'] }, ['b'], ['serve', 'now']],
  [{ Cmd: ['sh', '-c', 'a | b'] }, undefined, ['sh', '-c', 'a | b']],
])('%j with command %j runs %j', (config, command, argv) => {
  expect(commandLine(config, command, 'api')).toEqual(argv)
})

test('R2 a line that needs a shell is refused, and says what to write instead', async () => {
  for (const text of [
    'a $PORT',
    'a && b',
    'a; b',
    'a | b',
    'X=1 a',
    'a > b',
    'a *.js',
    'a `b`',
    'a $(b)',
    '~/a',
    'a # b',
    'a &',
  ]) {
    const work = () => commandLine({ Cmd: ['/bin/sh', '-c', text] }, undefined, 'api')
    expect(await refusal(work)).toEqual([
      `CMD ${text} of image api needs a shell (cloud local starts no shell)`,
    ])
  }
  expect(await refusal(() => commandLine({}, undefined, 'api'))).toEqual([
    'image api says nothing that could run (it has no ENTRYPOINT and no CMD)',
  ])
})

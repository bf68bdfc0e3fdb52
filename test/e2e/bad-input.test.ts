import { existsSync, mkdirSync, symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { expectFailure, type Moody, moody } from './moody.ts'
import type { Ended } from './sluice.ts'

let sluice: Moody
beforeAll(async () => {
  sluice = await moody()
})
afterAll(() => sluice.close())

const release = (file: string): Promise<Ended> => sluice.run('release', '--file', join(sluice.folder, file))
const nothingStarted = (): boolean => !existsSync(join(sluice.folder, '.sluice/local/cloud/daemon.json'))

test('R44 a sluice.yml that is missing, empty, a directory, a link or 10 MB says so, with what to do', async () => {
  const at = (name: string): string => join(sluice.folder, name)
  writeFileSync(at('empty.yml'), '')
  mkdirSync(at('folder'))
  symlinkSync(at('sluice.yml'), at('link.yml'))
  writeFileSync(at('big.yml'), `system: ${'x'.repeat(10_000_000)}`)
  const corpus: readonly (readonly [string, RegExp, RegExp])[] = [
    ['none.yml', /none\.yml: no such file/, /create none\.yml/],
    ['empty.yml', /empty\.yml:1:1: the file is empty/, /sluice\.example\.yml/],
    ['folder', /folder is a directory/, /--file/],
    ['link.yml', /link\.yml is a symbolic link/, /--file/],
    ['big.yml', /big\.yml:1:1: the file has 10000008 bytes/, /configuration/],
  ]
  for (const [file, why, remedy] of corpus) expectFailure(await release(file), 'usage', why, remedy)
  expect(nothingStarted()).toBe(true)
})

test('R44 unknown keys and a cycle between steps are told at once, each with its place, before any work', async () => {
  sluice.configure(
    ['health: /health', 'healht: /health'],
    ['  bake: 200ms', '  bke: 200ms'],
    [
      'rollout:',
      `pipelines:
  p:
    steps:
      a: { image: web, command: [node, a], needs: [b] }
      b: { image: web, command: [node, b], needs: [a] }
rollout:`,
    ],
  )
  const ended = await sluice.run('release')
  expect(ended.code, ended.stderr).toBe(2)
  expect(ended.json).toMatchObject({ outcome: 'usage', code: 2 })
  expect(ended.stderr).toMatch(/sluice\.yml:8:34: services\.web: unknown key "healht", did you mean health\?/)
  expect(ended.stderr).toMatch(/sluice\.yml:16:3: rollout: unknown key "bke", did you mean bake\?/)
  expect(ended.stderr).toMatch(
    /sluice\.yml:13:52: pipelines\.p\.steps\.b\.needs\[0\]: a cycle: a needs b needs a/,
  )
  expect(sluice.resultFile()).toMatchObject({ outcome: 'usage', code: 2 })
  expect(nothingStarted()).toBe(true)
})

test('R48 a rollout of what was never built, or to an unknown environment, starts nothing', async () => {
  sluice.configure()
  expectFailure(await sluice.run('rollout'), 'usage', /image web of service web is not built/, /sluice build/)
  const unknown = await sluice.run('rollout', '--env', 'locla')
  expect(unknown.code, unknown.stderr).toBe(2)
  expect(unknown.stderr).toContain('has no environment "locla", did you mean local?')
  expect(nothingStarted()).toBe(true)
})

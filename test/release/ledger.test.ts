import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { afterEach, describe, expect, test } from 'vitest'
import { fileObjects } from '../../src/providers/local/objects/file-objects.ts'
import { openLedger } from '../../src/release/ledger.ts'
import { fakeRuntime } from '../../src/runtime/fake/index.ts'
import { content, ledgerContract } from '../contract/ledger.ts'
import { MemoryObjects } from '../world/objects.ts'

const folders: string[] = []
afterEach(async () => {
  for (const folder of folders.splice(0)) await rm(folder, { recursive: true, force: true })
})

describe('a ledger in memory', () => {
  ledgerContract(async () => ({ objects: new MemoryObjects(), uri: 'file:///ledger/' }))
})

describe('a ledger in files', () => {
  ledgerContract(async () => {
    const folder = await mkdtemp(join(tmpdir(), 'sluice-ledger-'))
    folders.push(folder)
    return { objects: fileObjects([folder]), uri: `${pathToFileURL(folder).href}/` }
  })
})

test('R28 a swap whose answer was lost is recognised as ours', async () => {
  const objects = new MemoryObjects()
  const ledger = openLedger(objects, 'file:///l', fakeRuntime())
  const one = await ledger.record(content('one'), { by: 'ada', live: undefined })
  const { etag } = await ledger.goLive(one, undefined)
  expect(await ledger.goLive(one, undefined)).toEqual({ etag })
})

test('two that record at the same moment get two numbers', async () => {
  const objects = new MemoryObjects()
  const ledger = openLedger(objects, 'file:///l/', fakeRuntime())
  const names = Array.from({ length: 20 }, (_, i) => `release ${i}`)
  const made = await Promise.all(
    names.map((name) => ledger.record(content(name), { by: 'ada', live: undefined })),
  )
  expect(made.map((one) => one.sequence).sort((a, b) => a - b)).toEqual(names.map((_, i) => i + 1))
})

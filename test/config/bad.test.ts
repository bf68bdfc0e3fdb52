import { describe, expect, test } from 'vitest'
import { loadDocument } from '../../src/config/load.ts'
import { SluiceError } from '../../src/domain/error.ts'
import { MemoryFiles } from '../../src/runtime/fake/files.ts'
import { badFiles } from './bad-files.ts'

const corpus = badFiles()

async function said(text: string): Promise<string[]> {
  const files = new MemoryFiles({ '/project/s.yml': text })
  const error = await loadDocument(files, '/project/s.yml', '/project').then(
    () => undefined,
    (thrown: unknown) => thrown,
  )
  if (error === undefined) return ['accepted']
  if (!(error instanceof SluiceError) || error.outcome !== 'usage' || error.whose !== 'user') throw error
  return error.message.split('\n').map((line) => line.replace(/^s\.yml:/, ''))
}

describe('R44 every problem of a bad file is told at once, each with its place', () => {
  test('the corpus holds at least 150 different files', () => {
    expect(new Set(corpus.map(({ text }) => text)).size).toBeGreaterThanOrEqual(150)
  })

  test.each(corpus)('$title', async ({ text, expected }) => {
    expect(await said(text)).toEqual(expected)
  })
})

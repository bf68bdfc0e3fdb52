import { expect, test } from 'vitest'
import {
  parsePreview,
  previewName,
  previewOfState,
  previewVerdict,
  stackOfState,
  stateFolderOf,
} from '../../../src/domain/system/preview.ts'

const HOUR = 3_600_000
const KEEP = 72 * HOUR
const NOW = 1_000 * HOUR

test.each([
  ['a closed pull request', { open: false, touchedAt: NOW }, 'remove'],
  ['an open one that is worked on', { open: true, touchedAt: NOW - KEEP }, 'keep'],
  ['an open one that nobody has touched for longer', { open: true, touchedAt: NOW - KEEP - 1 }, 'remove'],
  ['one of which GitHub says nothing', undefined, 'keep'],
] as const)('R34 the preview of %s: %s', (_, pull, verdict) => {
  const decided = previewVerdict(pull, NOW, KEEP)
  expect(decided.verdict).toBe(verdict)
  expect(decided.why).not.toBe('')
})

test('a name is a preview and its number, and back', () => {
  expect(parsePreview('pr-123')).toEqual({ of: 'pr', number: 123 })
  expect(parsePreview('films-pr-7')).toEqual({ of: 'films-pr', number: 7 })
  expect(previewName({ of: 'pr', number: 123 })).toBe('pr-123')
  for (const name of ['pr', 'pr-', 'pr-0', 'pr-012', '-1', 'pr-1a'])
    expect(parsePreview(name)).toBeUndefined()
})

test('states of a preview lie inside of the folder of what it is made like, and are told from its own', () => {
  const environment = { name: 'pr-7', cloud: 'aws', nat: 'none', tags: {} } as const
  const folder = stateFolderOf({
    name: 'films',
    environment: { ...environment, preview: { of: 'pr', number: 7 } },
  })
  expect(folder).toBe('films/pr/preview-7')
  expect(stateFolderOf({ name: 'films', environment })).toBe('films/pr-7')
  const root = 's3://states/films/pr/'
  expect(previewOfState(`${root}preview-7/data.tfstate`, root)).toBe(7)
  for (const other of ['data.tfstate', 'preview-0/data.tfstate', 'preview-/x', 'previews-7/x'])
    expect(previewOfState(root + other, root)).toBeUndefined()
  expect(previewOfState('s3://states/films/production/preview-7/data.tfstate', root)).toBeUndefined()
})

test('a state says its stack on both clouds; locks and strangers say nothing', () => {
  const folder = 's3://states/films/pr/preview-7/'
  expect(stackOfState(`${folder}data.tfstate`, folder)).toBe('data')
  expect(stackOfState(`${folder}data/default.tfstate`, folder)).toBe('data')
  for (const other of ['data.tfstate.tflock', 'data/default.tflock', 'a/b/default.tfstate', '../x.tfstate'])
    expect(stackOfState(folder + other, folder)).toBeUndefined()
})

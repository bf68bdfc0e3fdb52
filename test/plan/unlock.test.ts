import { expect, test } from 'vitest'
import { mayUnlock } from '../../src/plan/unlock.ts'

const run = (id: string, finished: boolean) => ({ id, url: `https://github.test/runs/${id}`, finished })

test('R18 a lock is given back where its engine has ended on this machine', () => {
  expect(mayUnlock({ local: 'ended', runs: undefined })).toHaveProperty('because')
  expect(mayUnlock({ local: 'running', runs: [run('1', true)] })).toHaveProperty('refusal')
})

test('R18 otherwise every run that was under way when it was taken has to be finished', () => {
  expect(mayUnlock({ local: 'unknown', runs: [run('1', true), run('2', true)] })).toMatchObject({
    because: expect.stringContaining('https://github.test/runs/2'),
  })
  expect(mayUnlock({ local: 'unknown', runs: [run('1', true), run('2', false)] })).toEqual({
    refusal: 'a run that may have taken it is not finished',
    links: ['https://github.test/runs/2'],
  })
})

test('R18 what nobody knows is no reason to break a lock', () => {
  expect(mayUnlock({ local: 'unknown', runs: undefined })).toHaveProperty('refusal')
  expect(mayUnlock({ local: 'unknown', runs: [] })).toHaveProperty('refusal')
})

import { execFileSync } from 'node:child_process'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { digestOf, imageReference } from '../../../src/domain/digest.ts'
import { bootOfRun, RUN_MARK, shellWord } from '../../../src/domain/jobs/boot.ts'

const TEMPLATE = '222222222222.dkr.ecr.us-east-1.amazonaws.com/films-test/app:template'
const IMAGE = imageReference('222222222222.dkr.ecr.us-east-1.amazonaws.com/films-test/app', digestOf('app'))
const SCRIPT = [
  '#!/bin/bash',
  RUN_MARK,
  `image='${TEMPLATE}'`,
  'printf "%s|%s|%s" "$image" "$SLUICE_ENV" "$WORD"',
].join('\n')

const ran = (variables: Record<string, string>): string =>
  execFileSync('bash', ['-c', bootOfRun(SCRIPT, { template: TEMPLATE, image: IMAGE, variables })], {
    encoding: 'utf8',
    env: {},
  })

test('R22 a run puts its digest and its variables into the template', () => {
  expect(ran({ WORD: 'a' })).toBe(`${IMAGE}|--env WORD|a`)
})

test('a value is one word of bash, whatever it holds', () => {
  const text = fc.string({ unit: 'binary' }).filter((value) => !value.includes('\0') && value.isWellFormed())
  fc.assert(
    fc.property(text, (value) => {
      expect(ran({ WORD: value })).toBe(`${IMAGE}|--env WORD|${value}`)
    }),
    { numRuns: 40, examples: [["it's"], ['$(date) `date` $& $1'], ['\n\\']] },
  )
})

test('a word of bash is quoted', () => {
  expect(shellWord("films' raw")).toBe("'films'\\'' raw'")
})

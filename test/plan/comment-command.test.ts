import fc from 'fast-check'
import { expect, test } from 'vitest'
import { parseCommentCommand } from '../../src/plan/comment-command.ts'

test.each([
  ['/sluice plan', { kind: 'plan', environment: undefined }],
  ['  /sluice  plan production \r\n', { kind: 'plan', environment: 'production' }],
  [
    '/sluice apply production 0123456789ab',
    { kind: 'apply', environment: 'production', plan: '0123456789ab', allowLoss: [] },
  ],
  [
    '/sluice apply production 0123456789ab --allow-loss aws_s3_bucket.raw["a"]@\u20600123456789ab --allow-loss destroys@0123456789ab',
    {
      kind: 'apply',
      environment: 'production',
      plan: '0123456789ab',
      allowLoss: ['aws_s3_bucket.raw["a"]@0123456789ab', 'destroys@0123456789ab'],
    },
  ],
])('%j is a command', (text, command) => {
  expect(parseCommentCommand(text)).toEqual(command)
})

test.each([
  '/sluice',
  '/sluice Plan',
  '/sluice plan production staging',
  '/sluice plan -chdir=/',
  '/sluice plan ../x',
  '/sluice plan production; id',
  '/sluice plan $(id)',
  '/sluice plan production\n/sluice apply production 0123456789ab',
  '/sluice plan prod\u200buction',
  '/sluice plan\u2028production',
  '/sluice apply production',
  '/sluice apply production latest',
  '/sluice apply production 0123456789AB',
  '/sluice apply --auto 0123456789ab',
  '/sluice apply production 0123456789ab --allow-loss',
  '/sluice apply production 0123456789ab --allow-loss aws_s3_bucket.raw',
  '/sluice apply production 0123456789ab --yes aws_s3_bucket.raw@0123456789ab',
  '/sluice apply production 0123456789ab aws_s3_bucket.raw@0123456789ab --allow-loss',
  `/sluice plan ${'a'.repeat(5000)}`,
  `/sluice plan ${'a'.repeat(400)}`,
  '/sluice destroy production',
])('R8 %j is refused, and not guessed at', (text) => {
  expect(parseCommentCommand(text).kind).toBe('bad')
})

test.each([
  '',
  'please /sluice plan',
  '> /sluice plan',
  '```\n/sluice plan\n```',
  '`/sluice plan`',
  '<!-- \n/sluice plan -->',
  '/sluicex plan',
  '/sluice-plan',
  'sluice plan',
])('R8 %j asks nothing', (text) => {
  expect(parseCommentCommand(text)).toEqual({ kind: 'none' })
})

test('R8 whatever the comment, names in a command are of the closed form', () => {
  const words = fc.array(
    fc.oneof(fc.constantFrom('/sluice', 'plan', 'apply', 'production', '\n', ' '), fc.string()),
  )
  fc.assert(
    fc.property(words, (parts) => {
      const command = parseCommentCommand(parts.join(' '))
      if (command.kind === 'plan' || command.kind === 'apply') {
        expect(command.environment ?? 'x').toMatch(/^[a-z0-9][a-z0-9._-]{0,62}$/)
      }
    }),
  )
})

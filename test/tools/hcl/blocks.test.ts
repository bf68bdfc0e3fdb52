import fc from 'fast-check'
import { expect, test } from 'vitest'
import { topBlocks } from '../../../src/tools/hcl/blocks.ts'

const names = (text: string): string[] =>
  topBlocks(text).map(({ type, labels }) => [type, ...labels].join(' '))

test.each([
  [
    'a block with labels',
    'resource "aws_s3_bucket" "raw" {\n  bucket = "raw"\n}\n',
    ['resource aws_s3_bucket raw'],
  ],
  ['a block without labels', 'terraform {\n  required_version = ">= 1.10"\n}', ['terraform']],
  ['a block on one line', 'output "sluice" { value = {} }', ['output sluice']],
  ['a label without quotes', 'variable region {}', ['variable region']],
  [
    'blocks inside of blocks',
    'locals {\n  a = { output = { sluice = 1 } }\n}\noutput "b" {}',
    ['locals', 'output b'],
  ],
  [
    'comments of three kinds',
    '# output "a" {}\n// output "b" {}\n/* output "c" {}\n*/\noutput "d" {}',
    ['output d'],
  ],
  ['a bracket in a text', 'locals { a = "}" }\noutput "b" {}', ['locals', 'output b']],
  ['a text in a template', `locals { a = "\${x["}"]} \\" }" }\noutput "b" {}`, ['locals', 'output b']],
  ['a template that is none', 'locals { a = "$${ %%{" }\noutput "b" {}', ['locals', 'output b']],
  ['a heredoc', 'locals {\n  a = <<EOT\n}\noutput "no" {\nEOT\n}\noutput "b" {}', ['locals', 'output b']],
  ['an indented heredoc', 'locals {\n  a = <<-E\n    " } E\n    E\n}\noutput "b" {}', ['locals', 'output b']],
  ['attributes at the top', 'region = "a"\nzones = [\n  "{",\n]\noutput "b" {}', ['output b']],
  [
    'line ends of Windows',
    'locals {\r\n  a = <<E\r\n}\r\nE\r\n}\r\noutput "b" {}\r\n',
    ['locals', 'output b'],
  ],
  ['nothing', '', []],
])('of %s', (_, text, expected) => {
  expect(names(text)).toEqual(expected)
})

test('any text comes to an end, and blocks before what is broken are told', () => {
  fc.assert(
    fc.property(fc.string({ unit: fc.constantFrom(...'a"{}[]()<E\n$%#/*\\= -') }), (text) => {
      expect(names(`output "first" {}\n${text}`)[0]).toBe('output first')
    }),
  )
})

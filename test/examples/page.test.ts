import { execFileSync } from 'node:child_process'
import { existsSync, readFileSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { BAD_INPUT } from '../../scripts/examples/bad-input.ts'
import { SHOTS } from '../../scripts/pictures/shots.ts'

const root = join(import.meta.dirname, '../..')
const PNG = '89504e470d0a1a0a'

test.each(Object.values(SHOTS).flat())(
  '$name is a small picture of the page, with words for those who do not see it',
  ({ name, alt }) => {
    const path = join(root, 'docs/pictures', `${name}.png`)
    const bytes = readFileSync(path)
    expect(bytes.subarray(0, 8).toString('hex')).toBe(PNG)
    // Byte 25 of a PNG is its colour type, 3 that of a palette (https://www.w3.org/TR/png-3/#11IHDR).
    expect(bytes[25]).toBe(3)
    expect(statSync(path).size).toBeLessThanOrEqual(120 * 1024)
    expect(alt.length).toBeGreaterThan(30)
  },
)

test.each(BAD_INPUT)('what becomes of $what is shown by a test that is there', ({ test: file, named }) => {
  expect(readFileSync(join(root, file), 'utf8')).toContain(named)
})

test('each command that people of chicago-crime had is one of these', () => {
  const readme = readFileSync(join(root, 'examples/chicago-crime/README.md'), 'utf8')
  const [, table = ''] = readme.split('| what people ran before')
  const commands = [...table.matchAll(/`(sluice [^`]*|npm run [^`]*|http:[^`]*)`/g)].map(
    ([, words = '']) => words,
  )
  expect(commands.length).toBeGreaterThanOrEqual(9)
  const scripts = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as { scripts: object }
  for (const words of commands) {
    const [program, ...rest] = words.split(' ')
    if (program === 'npm') expect(scripts.scripts).toHaveProperty(rest[1] ?? '')
    if (program !== 'sluice') continue
    const options = rest.filter((word) => word.startsWith('--') && word !== '--help')
    const verb = rest.filter((word) => !word.startsWith('-')).slice(0, rest[0] === 'operate' ? 2 : 1)
    const argv = [join(root, 'src/cli/main.ts'), ...verb, '--help']
    const help = execFileSync(process.execPath, argv, { encoding: 'utf8' })
    for (const option of options) expect(help, words).toContain(option)
  }
  expect(existsSync(join(root, 'examples/chicago-crime/apps/crime/bucket-page.Dockerfile'))).toBe(true)
})

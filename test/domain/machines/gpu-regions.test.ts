import { execFileSync } from 'node:child_process'
import { expect, test } from 'vitest'
import { ACCELERATORS, acceleratorsOf, lacks } from '../../../src/domain/machines/gpu-regions.ts'
import { describeReal } from '../../real.ts'
import { pythonProgram } from '../../tools-folder.ts'

test('a region lacks a machine by its family, however the machine is named', () => {
  expect(lacks('eu-west-1', 'g6.xlarge')).toBe(true)
  expect(lacks('eu-west-1', 'g6')).toBe(true)
  expect(lacks('eu-west-1', 'ml.g6.12xlarge')).toBe(true)
  expect(lacks('eu-west-1', 'g5.xlarge')).toBe(false)
})

test('what the table does not know is not refused', () => {
  expect(lacks('eu-west-1', 'g99.xlarge')).toBe(false)
  expect(lacks('mars-north-1', 'g5.xlarge')).toBe(false)
  expect(lacks('eu-west-1', 'optimal')).toBe(false)
  expect(lacks('eu-west-1', 'constructor')).toBe(false)
})

test('every family that a region has is not lacking there', () => {
  const families = acceleratorsOf('us-east-1')
  expect(families).toContain('g5')
  for (const family of families) expect(lacks('us-east-1', `${family}.xlarge`)).toBe(false)
})

/** Region -> families, of all files that moto has. */
const PROGRAM = `
import gzip, json, os, re, moto
folder = os.path.join(os.path.dirname(moto.__file__), 'ec2/resources/instance_type_offerings/region')
found = {}
for name in os.listdir(folder):
    for offer in json.load(gzip.open(os.path.join(folder, name))):
        family = offer['InstanceType'].split('.')[0]
        if re.match(r'^(g\\d|p\\d|inf|trn|gr)', family):
            found.setdefault(family, set()).add(name.split('.')[0])
print(json.dumps({family: sorted(regions) for family, regions in found.items()}))
`

describeReal('the table of accelerators', ['moto'], () => {
  test('is that of AWS, as moto carries it', () => {
    const said = execFileSync(pythonProgram('clouds', 'python'), ['-c', PROGRAM], { encoding: 'utf8' })
    expect(ACCELERATORS).toEqual(JSON.parse(said))
  })
})

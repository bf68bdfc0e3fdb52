import { closeSync, existsSync, openSync, statSync, writeSync } from 'node:fs'
import { Random } from '../../src/gate/random.ts'

/** Writes a CSV in pieces; one that is there already is kept. */
export function writeRows(
  path: string,
  header: string,
  n: number,
  row: (i: number, random: Random) => string,
): number {
  if (!existsSync(path)) {
    const random = new Random(n, 2, 3, 4)
    const file = openSync(path, 'w')
    let text = `${header}\n`
    for (let i = 0; i < n; i++) {
      text += `${row(i, random)}\n`
      if (text.length > 2 ** 20) {
        writeSync(file, text)
        text = ''
      }
    }
    writeSync(file, text)
    closeSync(file)
  }
  return statSync(path).size
}

/** `classes` labels; both models mostly right, and mostly on the same rows. */
export function classified(classes: number, id: (i: number) => string) {
  return (i: number, random: Random): string => {
    const label = random.below(classes)
    const wrong = (): number => (label + 1 + random.below(classes - 1)) % classes
    const champion = random.uniform() < 0.9 ? label : wrong()
    const challenger = random.uniform() < 0.92 ? champion : random.uniform() < 0.9 ? label : wrong()
    return `${id(i)},${label},${champion},${challenger}`
  }
}

export function scored(i: number, random: Random): string {
  const label = random.uniform() < 0.3 ? 1 : 0
  const shared = random.uniform()
  const score = (): string => (0.2 * label + 0.4 * shared + 0.4 * random.uniform()).toFixed(6)
  return `${i},${label},${score()},${score()}`
}

import { closeSync, existsSync, openSync, readFileSync, statSync, writeFileSync, writeSync } from 'node:fs'
import { parquetWriteBuffer } from 'hyparquet-writer'
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

/** The rows of a classified CSV, as JSON lines. */
export function writeJsonLines(csv: string, path: string): string {
  if (existsSync(path)) return path
  const { ids, columns } = columnsOf(csv)
  const file = openSync(path, 'w')
  let text = ''
  ids.forEach((id, i) => {
    const [label, champion, challenger] = columns.map((column) => column[i])
    text += `${JSON.stringify({ id, label, champion, challenger })}\n`
    if (text.length < 2 ** 20) return
    writeSync(file, text)
    text = ''
  })
  writeSync(file, text)
  closeSync(file)
  return path
}

/** The rows of a classified CSV, as Parquet with Snappy in row groups of 100,000. */
export function writeParquet(csv: string, path: string): string {
  if (existsSync(path)) return path
  const { ids, columns } = columnsOf(csv)
  const [label = [], champion = [], challenger = []] = columns
  const bytes = parquetWriteBuffer({
    columnData: [
      { name: 'id', data: ids, type: 'STRING' },
      { name: 'label', data: label, type: 'INT32' },
      { name: 'champion', data: champion, type: 'INT32' },
      { name: 'challenger', data: challenger, type: 'INT32' },
    ],
    rowGroupSize: 100_000,
  })
  writeFileSync(path, new Uint8Array(bytes))
  return path
}

function columnsOf(csv: string): { ids: string[]; columns: number[][] } {
  const records = readFileSync(csv, 'utf8').trimEnd().split('\n').slice(1)
  const cells = records.map((record) => record.split(','))
  return {
    ids: cells.map(([id = '']) => id),
    columns: [1, 2, 3].map((column) => cells.map((cell) => Number(cell[column]))),
  }
}

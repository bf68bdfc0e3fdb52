import { once } from 'node:events'

/** `writer.ts plain|hostile MEGABYTES`: that much of a log on standard output. */
const [kind, megabytes] = process.argv.slice(2)
const line = (i: number): string =>
  kind === 'hostile'
    ? `::error file=a.py,line=${i}::canary-secret-4711 and ##[group]x of epoch ${i} with loss 0.2${i}\n`
    : `2026-01-01T00:00:00Z epoch ${i}: loss 0.1${i} accuracy 0.9${i}, 12.3 s, lr: 1e-4, # of rows 100\n`
let lines = ''
for (let i = 0; lines.length < 2 ** 20; i++) lines += line(i)
const block = Buffer.from(lines)
for (let left = Number(megabytes) * 1e6; left > 0; left -= block.length) {
  if (!process.stdout.write(left < block.length ? block.subarray(0, left) : block)) {
    await once(process.stdout, 'drain')
  }
}

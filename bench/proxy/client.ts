/**
 * An open-loop client: request n is due at n / rate, whatever became of the ones before. Half are POSTs of 1 KiB. Latency
 * counts from the moment a request was due, so a stall is not hidden. Prints one JSON line.
 *
 * node bench/proxy/client.ts <port> <count> <rate per second>
 */
import { Pool } from 'undici'

const [port, count, rate] = process.argv.slice(2).map(Number) as [number, number, number]
const body = Buffer.alloc(1024, 'x')
const pool = new Pool(`http://127.0.0.1:${port}`, { connections: 128, pipelining: 1 })
const latencies = new Float64Array(count)
const failures = new Map<string, number>()
const versions = new Map<string, number>()
let ended = 0

function end(index: number, due: number, failure: string | undefined, version: string): void {
  latencies[index] = performance.now() - due
  if (failure !== undefined) failures.set(failure, (failures.get(failure) ?? 0) + 1)
  versions.set(version, (versions.get(version) ?? 0) + 1)
  ended += 1
  if (ended === count) report()
}

function send(index: number, due: number): void {
  const posts = index % 2 === 0
  let status = 0
  let text = ''
  pool.dispatch(
    { path: '/', method: posts ? 'POST' : 'GET', body: posts ? body : null },
    {
      onRequestStart: () => {},
      onResponseStart: (_controller, code) => {
        status = code
      },
      onResponseData: (_controller, chunk) => {
        text += chunk.toString()
      },
      onResponseEnd: () => {
        const [version = '', size] = text.split(' ')
        const fine = status === 200 && Number(size) === (posts ? body.length : 0)
        end(index, due, fine ? undefined : `status ${status}: ${text.slice(0, 100)}`, version)
      },
      onResponseError: (_controller, error) => end(index, due, error.message, ''),
    },
  )
}

function report(): void {
  const sorted = latencies.toSorted()
  const at = (share: number): number => sorted[Math.min(count - 1, Math.floor(share * count))] ?? Number.NaN
  const lost = [...failures.values()].reduce((sum, n) => sum + n, 0)
  const result = {
    lost,
    median: at(0.5),
    p99: at(0.99),
    max: at(1),
    failures: Object.fromEntries(failures),
    versions: Object.fromEntries(versions),
  }
  process.stdout.write(`${JSON.stringify(result)}\n`, () => process.exit(0))
}

const start = performance.now()
let sent = 0
function tick(): void {
  while (sent < count) {
    const due = start + (sent * 1000) / rate
    if (due > performance.now()) break
    send(sent, due)
    sent += 1
  }
  if (sent < count) setTimeout(tick, 0)
}
tick()

import type { Event } from '../../runtime/events.ts'

/** Takes an engine's output line by line and says what it means; what it does not know is shown as it is. */
export type ProgressReader = (line: string) => readonly Event[]

/** `[2/4] RUN x` and `[builder 2/4] RUN x`: a step of the Dockerfile. `[internal] ...` is none. */
const STEP = /^\[(?:[^\]\s]+ )?\d+\/\d+\] /

/** `--progress=rawjson` of buildx and buildctl: one SolveStatus of BuildKit a line (moby/buildkit client/graph.go). */
export function rawJsonProgress(image: string): ProgressReader {
  const names = new Map<string, string>()
  const done = new Set<string>()
  return (line) => {
    const status = statusOf(line)
    if (status === undefined) return line.trim() === '' ? [] : [output(image, line)]
    const events: Event[] = []
    for (const { digest, name, started, completed, cached, error } of status.vertexes) {
      if (!STEP.test(name)) {
        names.delete(digest)
        continue
      }
      names.set(digest, name)
      if (error !== undefined && error !== '') events.push(output(image, `${name}: ${error}`))
      if (completed !== undefined) done.add(digest)
      if (started !== undefined)
        events.push(step(image, cached === true ? `${name} (cached)` : name, done.size, names.size))
    }
    for (const { vertex, data } of status.logs) {
      if (!names.has(vertex)) continue
      const text = Buffer.from(data, 'base64').toString('utf8')
      for (const part of text.split('\n')) if (part.trim() !== '') events.push(output(image, part))
    }
    return events
  }
}

/** `--progress=plain`: `#5 [2/4] RUN x`, `#5 0.176 what it printed`, `#5 DONE 0.2s`. */
export function plainProgress(image: string): ProgressReader {
  const names = new Map<string, string>()
  let done = 0
  return (line) => {
    const [, id = '', rest = ''] = /^#(\d+) (.*)$/.exec(line) ?? []
    if (id === '') return line.trim() === '' ? [] : [output(image, line)]
    if (STEP.test(rest)) {
      if (names.has(id)) return []
      names.set(id, rest)
      return [step(image, rest, done, names.size)]
    }
    if (rest.startsWith('ERROR')) return [output(image, rest)]
    const name = names.get(id)
    if (name === undefined) return []
    if (rest === 'CACHED') return [step(image, `${name} (cached)`, ++done, names.size)]
    if (/^DONE [\d.]+s$/.test(rest)) return [step(image, name, ++done, names.size)]
    const [, said] = /^\d+\.\d+ (.*)$/.exec(rest) ?? []
    if (said !== undefined) return said.trim() === '' ? [] : [output(image, said)]
    return []
  }
}

interface Vertex {
  readonly digest: string
  readonly name: string
  readonly started?: string
  readonly completed?: string
  readonly cached?: boolean
  readonly error?: string
}

interface SolveStatus {
  readonly vertexes: readonly Vertex[]
  readonly logs: readonly { readonly vertex: string; readonly data: string }[]
}

function statusOf(line: string): SolveStatus | undefined {
  if (!line.startsWith('{')) return undefined
  try {
    const { vertexes = [], logs = [] } = JSON.parse(line) as Partial<SolveStatus>
    if (!Array.isArray(vertexes) || !Array.isArray(logs)) return undefined
    const whole = vertexes.every(({ digest, name }) => typeof digest === 'string' && typeof name === 'string')
    return whole && logs.every(({ data }) => typeof data === 'string') ? { vertexes, logs } : undefined
  } catch {
    return undefined
  }
}

function step(image: string, name: string, done: number, total: number): Event {
  return {
    kind: 'progress',
    task: `image ${image}`,
    state: 'running',
    text: name,
    done,
    total,
    unit: 'steps',
  }
}

function output(image: string, line: string): Event {
  return { kind: 'output', source: `image ${image}`, line }
}

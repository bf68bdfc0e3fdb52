import type { CommandInstruction, CopyInstruction, Dockerfile, Escape } from './instruction.ts'

/** Where COPY takes files from. */
export type Origin =
  | { readonly kind: 'context' }
  | { readonly kind: 'stage'; readonly stage: number }
  | { readonly kind: 'image'; readonly reference: string }

/** COPY, ADD, or a bind mount of RUN, with its variables put in. */
export interface Transfer {
  readonly line: number
  readonly kind: 'copy' | 'add' | 'mount'
  readonly origin: Origin
  readonly sources: readonly string[]
  /** As written, after variables: the slash at its end has a meaning. Relative to `workdir`. */
  readonly destination: string
  readonly workdir: string
  readonly inline: readonly { readonly name: string; readonly text: string }[]
  /** `--chmod`, octal as written. */
  readonly chmod: string | undefined
  /** `--parents` or `--exclude`: the plain rules of placement do not hold. */
  readonly special: boolean
}

/** What COPY, ADD and the bind mounts of RUN take, and where they put it. */
export function transfersOf(
  dockerfile: Dockerfile,
  instruction: CopyInstruction | CommandInstruction,
  index: number,
  workdir: string,
  word: (text: string) => string,
): Transfer[] {
  const origin = (from: string | undefined): Origin => {
    if (from === undefined) return { kind: 'context' }
    const stage = stageIndex(dockerfile, from, index)
    return stage === undefined ? { kind: 'image', reference: from } : { kind: 'stage', stage }
  }
  const { line, flags } = instruction
  if ('command' in instruction) {
    return flags.flatMap(({ name, value }) => {
      if (name !== 'mount') return []
      const mount = mountOptions(word(value ?? ''))
      if (!['bind', undefined].includes(mount['type'])) return []
      return [
        {
          line,
          kind: 'mount' as const,
          origin: origin(mount['from']),
          sources: [mount['source'] ?? mount['src'] ?? '/'],
          destination: mount['target'] ?? mount['dst'] ?? mount['destination'] ?? '/',
          workdir,
          inline: [],
          chmod: undefined,
          special: false,
        },
      ]
    })
  }
  const flag = (name: string): string | undefined => flags.find((other) => other.name === name)?.value
  const from = flag('from')
  return [
    {
      line,
      kind: instruction.kind,
      origin: origin(from === undefined ? undefined : word(from)),
      sources: instruction.sources.map(word),
      destination: word(instruction.destination),
      workdir,
      inline: instruction.heredocs.map(({ name, text, expand: wanted }) => ({
        name,
        text: wanted ? word(quoted(text, dockerfile.escape)) : text,
      })),
      chmod: flag('chmod'),
      special: flags.some(({ name }) => name === 'parents' || name === 'exclude'),
    },
  ]
}

/** In a here-document quotes are plain characters. */
function quoted(text: string, mark: Escape): string {
  return text.replace(/["']/g, (quote) => mark + quote)
}

function mountOptions(text: string): Record<string, string> {
  return Object.fromEntries(
    text.split(',').map((part) => {
      const equals = part.indexOf('=')
      return equals < 0 ? [part, ''] : [part.slice(0, equals), part.slice(equals + 1)]
    }),
  )
}

/** The stage of this name or number among those that stand before. */
export function stageIndex(dockerfile: Dockerfile, name: string, before: number): number | undefined {
  const stages = dockerfile.stages.slice(0, before)
  const index = stages.findIndex(({ from }) => from.name === name.toLowerCase())
  if (index >= 0) return index
  return /^\d+$/.test(name) && Number(name) < before ? Number(name) : undefined
}

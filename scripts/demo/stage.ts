/** What the demo of a system is told with: the command line, the addresses of what it started, and a voice. */
import { spawn } from 'node:child_process'
import { existsSync } from 'node:fs'
import { delimiter, join } from 'node:path'
import { styleText } from 'node:util'
import { type Answered, type Question, request } from './request.ts'

export const ENVIRONMENT = 'local'

export interface Stage {
  readonly system: string
  /** Where the example lies. */
  readonly folder: string
  /** Begins the next part of the story. */
  part(title: string): void
  say(text: string): void
  /** Runs `sluice` with these words; what it prints is shown, or, when quiet, only returned. */
  sluice(words: readonly string[], options?: { quiet?: boolean }): Promise<Run>
  /** As `sluice`; throws when the command fails. */
  must(words: readonly string[], options?: { quiet?: boolean }): Promise<Run>
  /** Asks a service that `up` started; throws unless it answers with 2xx. */
  ask(service: string, question: Question): Promise<Answered>
  /** Service or api -> address, once `up` has run. */
  readonly urls: Map<string, string>
}

export interface Run {
  readonly code: number
  /** Standard output, where it was quiet. */
  readonly text: string
  /** Standard error, where it was quiet. */
  readonly said: string
}

const root = join(import.meta.dirname, '../..')
const started = performance.now()

export const seconds = (): string => ((performance.now() - started) / 1000).toFixed(1)
export const say = (text: string): void => console.log(`   ${text}`)
export const heading = (text: string): void =>
  console.log(`\n${styleText(['bold', 'cyan'], `== ${text}`)}  ${styleText('dim', `${seconds()} s`)}`)

export function openStage(system: string, folder: string, state: string): Stage {
  const sluice = commandLine(join(folder, 'sluice.yml'), state)
  const urls = new Map<string, string>()
  let parts = 0
  return {
    system,
    folder,
    urls,
    say,
    sluice,
    part(title) {
      parts += 1
      heading(`${parts}. ${title}`)
    },
    async must(words, options) {
      const run = await sluice(words, options)
      if (run.code !== 0) throw new Error(`the command ended with exit code ${run.code}\n${run.said}`)
      if (words[0] === 'up') for (const [name, url] of addresses(run.text)) urls.set(name, url)
      return run
    },
    ask(service, question) {
      const url = urls.get(service)
      if (url === undefined) throw new Error(`there is no address of ${service}`)
      return request(url, question)
    },
  }
}

/** The built command line, or its source where dist/ has not been built. */
function commandLine(file: string, state: string): Stage['sluice'] {
  const built = join(root, 'dist/cli.js')
  const program = existsSync(built) ? built : join(root, 'src/cli/main.ts')
  // The services of the examples are TypeScript, which `node` on PATH must be able to run.
  const path = [join(root, 'node_modules/.bin'), process.env['PATH'] ?? ''].join(delimiter)
  return async (words, { quiet = false } = {}) => {
    say(styleText('dim', `$ sluice ${words.join(' ')}`))
    const whole = [program, ...words, '--env', ENVIRONMENT, '--file', file, '--state', state]
    const shown = quiet ? 'pipe' : 'inherit'
    const env = { ...process.env, PATH: path }
    const child = spawn(process.execPath, whole, { env, stdio: ['ignore', shown, shown] })
    let [text, said] = ['', '']
    child.stdout?.on('data', (chunk: Buffer) => {
      text += chunk.toString('utf8')
    })
    child.stderr?.on('data', (chunk: Buffer) => {
      said += chunk.toString('utf8')
    })
    const code = await new Promise<number>((resolve, reject) => {
      child.once('error', reject)
      child.once('close', (exit) => resolve(exit ?? 1))
    })
    return { code, text, said }
  }
}

/** Service -> address, from what `up --json` prints. */
function addresses(json: string): readonly (readonly [string, string])[] {
  const { services } = JSON.parse(json) as { services: readonly { service: string; url: string | null }[] }
  return services.flatMap(({ service, url }) => (url === null ? [] : [[service, url] as const]))
}

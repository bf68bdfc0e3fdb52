/**
 * `npm run demo [-- SYSTEM] [--once]`: takes an example from its repository to a gated, served release on this machine, then
 * shows the gate rejecting a worse model. In a terminal it keeps serving until Ctrl-C; otherwise, or with --once, it ends.
 */
import { spawn } from 'node:child_process'
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { request as httpRequest } from 'node:http'
import { tmpdir } from 'node:os'
import { delimiter, join } from 'node:path'
import { styleText } from 'node:util'

/** examples/<system>/demo.json: what is worth showing of a system. */
interface Script {
  readonly first: Attempt
  readonly worse: Attempt
  readonly better: Attempt
  readonly health: { readonly service: string; readonly path: string }
  readonly ask: { readonly service: string; readonly path: string; readonly body: unknown }
}

/** One training run. */
interface Attempt {
  readonly why: string
  readonly parameters: Readonly<Record<string, string>>
}

interface Answer {
  readonly code: number
  /** Standard output and error, where it was quiet. */
  readonly text: string
  readonly said: string
}

const ENVIRONMENT = 'local'
const REFUSED = 3
const root = join(import.meta.dirname, '..')
const started = performance.now()
const heading = (text: string): void =>
  console.log(`\n${styleText(['bold', 'cyan'], `== ${text}`)}  ${clock()}`)
const say = (text: string): void => console.log(`   ${text}`)
const clock = (): string => styleText('dim', `${((performance.now() - started) / 1000).toFixed(1)} s`)

const args = process.argv.slice(2)
const once = args.includes('--once') || !process.stdout.isTTY || !process.stdin.isTTY
const name = args.find((argument) => !argument.startsWith('-')) ?? 'filmlens'
process.exitCode = await main(name)

async function main(system: string): Promise<number> {
  const folder = join(root, 'examples', system)
  const examples = readdirSync(join(root, 'examples'))
  if (!examples.includes(system) || !existsSync(join(folder, 'demo.json'))) {
    console.error(`there is no demo of ${system}; there are ${examples.join(', ')}`)
    return 2
  }
  const script = JSON.parse(readFileSync(join(folder, 'demo.json'), 'utf8')) as Script
  // A state of its own: the demo starts from nothing and leaves nothing.
  const state = mkdtempSync(join(tmpdir(), 'sluice-demo-'))
  const sluice = commandLine(join(folder, 'sluice.yml'), state)
  let interrupted = false
  const cancelled = new Promise<void>((resolve) => {
    process.on('SIGINT', () => {
      interrupted = true
      resolve()
    })
    process.on('SIGTERM', () => {
      interrupted = true
      resolve()
    })
  })
  try {
    await show(system, script, sluice)
    if (!once) {
      heading('It keeps serving. Ctrl-C ends it.')
      const awake = setInterval(() => {}, 60_000) // a promise alone does not keep the process
      await cancelled
      clearInterval(awake)
    }
    return 0
  } catch (error) {
    if (interrupted) return 130
    console.error(`\n${styleText('red', 'The demo stopped:')} ${(error as Error).message}`)
    return 1
  } finally {
    heading('Everything is stopped')
    const { code } = await sluice(['down'])
    // With its state gone, nobody could stop what still runs.
    const gone =
      code === 0 &&
      (await sluice(['operate', 'destroy', '--confirm', ENVIRONMENT], { quiet: true })).code === 0
    if (gone) rmSync(state, { recursive: true, force: true })
    else say(`something may still run; its state is ${state}`)
    say(`took ${((performance.now() - started) / 1000).toFixed(1)} s`)
  }
}

async function show(system: string, script: Script, sluice: ReturnType<typeof commandLine>): Promise<void> {
  heading(`1. ${system} starts on this machine: its database, buckets and model registry`)
  const up = await must(sluice(['up', '--detach', '--json'], { quiet: true }))
  const urls = addresses(up.text)

  for (const [service, url] of urls) say(`${service.padEnd(12)} ${url}`)

  heading(`2. A first release, of ${script.first.why}: build, train, evaluate, rollout`)
  await must(sluice(['release', ...parameters(script.first)]))

  heading('3. The service answers with the model that was let through')
  const served = await ask(urls, script.health)
  say(`GET ${script.health.path} -> ${JSON.stringify(served)}`)
  say(`POST ${script.ask.path} ${JSON.stringify(script.ask.body)}`)
  say(`  -> ${JSON.stringify(await ask(urls, script.ask))}`)

  heading(`4. Somebody trains a worse model: ${script.worse.why}`)
  await must(sluice(['train', ...parameters(script.worse)]))

  heading('5. The gate compares it with the champion on the same rows')
  const { code } = await sluice(['evaluate'])
  if (code !== REFUSED)
    throw new Error(`evaluate ended with ${code}; the gate should have refused (${REFUSED})`)
  say(styleText('green', 'Refused, as it should be (exit code 3).'))
  const rollout = await sluice(['rollout'], { quiet: true })
  if (rollout.code !== REFUSED)
    throw new Error(`rollout ended with ${rollout.code}; it should have refused as well`)
  say('A rollout of it is refused as well. What is served:')
  const now = await ask(urls, script.health)
  say(`GET ${script.health.path} -> ${JSON.stringify(now)}`)
  if (JSON.stringify(now) !== JSON.stringify(served)) throw new Error('the served model changed')
  say(styleText('green', 'The same model as before.'))

  heading(`6. A better model: ${script.better.why}. It takes over step by step`)
  await must(sluice(['release', ...parameters(script.better)]))
  const better = await ask(urls, script.health)
  say(`GET ${script.health.path} -> ${JSON.stringify(better)}`)
  if (JSON.stringify(better) === JSON.stringify(served)) throw new Error('the better model is not served')

  heading('7. Status and addresses')
  await must(sluice(['operate', 'status']))
  for (const [service, url] of urls) say(`${service.padEnd(12)} ${url}`)
}

function parameters({ parameters }: Attempt): string[] {
  return Object.entries(parameters).flatMap(([key, value]) => ['--param', `${key}=${value}`])
}

/** The built command line, or its source where dist/ has not been built. */
function commandLine(file: string, state: string) {
  const built = join(root, 'dist/cli.js')
  const program = existsSync(built) ? built : join(root, 'src/cli/main.ts')
  // The services of the examples are TypeScript, which `node` on PATH must be able to run.
  const path = [join(root, 'node_modules/.bin'), process.env['PATH'] ?? ''].join(delimiter)
  return async (words: readonly string[], { quiet = false } = {}): Promise<Answer> => {
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

async function must(command: Promise<Answer>): Promise<Answer> {
  const answer = await command
  if (answer.code !== 0) throw new Error(`the command ended with exit code ${answer.code}\n${answer.said}`)
  return answer
}

/** Service -> address, from what `up --json` prints. */
function addresses(json: string): ReadonlyMap<string, string> {
  const { services } = JSON.parse(json) as { services: readonly { service: string; url: string | null }[] }
  return new Map(services.flatMap(({ service, url }) => (url === null ? [] : [[service, url] as const])))
}

function ask(
  urls: ReadonlyMap<string, string>,
  { service, path, body }: { service: string; path: string; body?: unknown },
): Promise<unknown> {
  const method = body === undefined ? 'GET' : 'POST'
  const headers = { 'content-type': 'application/json', connection: 'close' }
  return new Promise((resolve, reject) => {
    const outgoing = httpRequest(
      `${urls.get(service)}${path}`,
      { method, headers, timeout: 10_000 },
      (answer) => {
        let text = ''
        answer.setEncoding('utf8')
        answer.on('data', (chunk: string) => {
          text += chunk
        })
        answer.once('end', () => {
          if (answer.statusCode === 200) resolve(JSON.parse(text))
          else reject(new Error(`${method} ${path} answered ${answer.statusCode}: ${text.slice(0, 200)}`))
        })
      },
    )
    outgoing.once('timeout', () => outgoing.destroy(new Error(`${method} ${path}: no answer within 10 s`)))
    outgoing.once('error', reject)
    outgoing.end(body === undefined ? undefined : JSON.stringify(body))
  })
}

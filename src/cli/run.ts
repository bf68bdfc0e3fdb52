import type { Report, World } from '../commands/command.ts'
import { type Performed, perform } from '../commands/perform.ts'
import type { ExitCode } from '../domain/outcome.ts'
import type { Synthesizer } from '../domain/stacks/synthesizer.ts'
import { message } from '../runtime/events.ts'
import { neutralJson, neutralLines } from '../runtime/neutralise.ts'
import { nodeRuntime } from '../runtime/node/index.ts'
import { watchSignals } from '../runtime/node/signals.ts'
import { Redactor } from '../runtime/redact.ts'
import { shown } from '../runtime/shown.ts'
import { type DisplayOptions, plainDisplay } from './display.ts'
import { liveDisplay } from './live.ts'
import type { Line } from './spec.ts'
import { colourStyle, plainStyle, wantsColour } from './style.ts'

/** A leftover handle may hold the process for this long after the end; then it is ended with the code it has. */
const LINGER_MS = 2000

/** Runs one good command line: composes the machine, shows events, prints the result. */
export async function run(line: Line): Promise<ExitCode> {
  // With these, stdout belongs to the result alone.
  const isForProgram = ['json', 'export', 'render'].some((option) => line.has(option))
  const stream = isForProgram ? process.stderr : process.stdout
  ignoreClosedPipes()
  const redactor = new Redactor()
  const colour = wantsColour(process.env, stream.isTTY, line.has('no-color'))
  const options: DisplayOptions = {
    write: (text) => void stream.write(text),
    redactor,
    style: colour ? colourStyle : plainStyle,
    width: () => stream.columns ?? 80,
    verbose: line.has('verbose'),
    now: () => Date.now(),
  }
  const inCi = (process.env['CI'] ?? '') !== ''
  const isLive = stream.isTTY && process.env['TERM'] !== 'dumb' && !inCi
  const display = isLive ? liveDisplay(options) : plainDisplay(options)
  const log = { emit: display.event }
  const signals = watchSignals((text) => log.emit(message('warning', text)))
  const runtime = nodeRuntime(log, signals)
  let lines: unknown
  const work = async (world: World): Promise<Report> => {
    const report = await (await line.command.load(line))(world)
    lines = report.data['lines']
    return report
  }
  const performed = await perform(
    {
      runtime,
      openProvider,
      openSynthesizer,
      openStateStore,
      openBootstrapper,
      ...(process.stdin.isTTY && process.stderr.isTTY && !inCi ? { ask } : {}),
      request: requestOf(line),
    },
    redactor,
    line.command.name,
    work,
  )
  display.close()
  printEnd(performed, options, line.has('json'))
  // A shell is to read these, secrets too: the user has asked for them as they are.
  if (line.has('export') && !line.has('json') && Array.isArray(lines)) {
    process.stdout.write(lines.map((text) => `${text}\n`).join(''))
  }
  if (performed.report.document !== undefined && !line.has('json')) {
    process.stdout.write(`${shown(redactor, performed.report.document)}`)
  }
  setTimeout(() => process.exit(), LINGER_MS).unref()
  return performed.result.code
}

const openProvider: World['openProvider'] = async (cloud, context) =>
  (await import('../providers/index.ts')).openProvider(cloud, context)

const openStateStore: NonNullable<World['openStateStore']> = async (cloud, context) =>
  (await import('../providers/index.ts')).openStateStore(cloud, context)

const openBootstrapper: NonNullable<World['openBootstrapper']> = async () =>
  (await import('../../cdktf/index.ts')).bootstrapper

const ask: NonNullable<World['ask']> = async (question) => (await import('./ask.ts')).askTerminal(question)

const openSynthesizer = async (): Promise<Synthesizer> => (await import('../../cdktf/index.ts')).synthesizer

function requestOf(line: Line): World['request'] {
  const state = line.text('state')
  return {
    file: line.text('file') ?? 'sluice.yml',
    environment: line.text('env') ?? '',
    dryRun: line.has('dry-run'),
    ...(state === undefined ? {} : { state }),
  }
}

function printEnd({ report, result, thrown }: Performed, options: DisplayOptions, json: boolean): void {
  const { style, redactor } = options
  const say = (tone: Parameters<typeof style>[0], text: string): string =>
    neutralLines(shown(redactor, text))
      .map((part) => `${style(tone, part)}\n`)
      .join('')
  if (report.outcome === 'done') options.write(say('success', report.message))
  else {
    process.stderr.write(say('failure', report.message))
    if (report.remedy !== undefined) process.stderr.write(say('plain', report.remedy))
  }
  if (options.verbose && thrown !== undefined) process.stderr.write(say('debug', stackOf(thrown)))
  else if (report.outcome === 'bug')
    process.stderr.write(say('debug', 'run again with --verbose for the stack'))
  if (json) process.stdout.write(`${neutralJson(redactor.data({ ...report.data, ...result }))}\n`)
}

/** The stack with those of its causes. */
function stackOf(thrown: unknown): string {
  if (!(thrown instanceof Error)) return String(thrown)
  const own = thrown.stack ?? `${thrown.name}: ${thrown.message}`
  return thrown.cause === undefined ? own : `${own}\ncaused by ${stackOf(thrown.cause)}`
}

/** A reader that went away (`| head`) is no failure of the command. */
function ignoreClosedPipes(): void {
  for (const stream of [process.stdout, process.stderr]) {
    stream.on('error', (error: NodeJS.ErrnoException) => {
      if (error.code !== 'EPIPE') throw error
    })
  }
}

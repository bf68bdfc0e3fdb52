#!/usr/bin/env node
/**
 * The command line. Only what is needed to reject a bad line is loaded here; everything else comes by `import()`
 * once the line is known to be good.
 */
import { neutralJson, neutralText } from '../runtime/neutralise.ts'
import { say } from '../runtime/node/say.ts'
import { COMMANDS } from './commands.ts'
import { COMMON } from './common-options.ts'
import { keepCompiledCode } from './compile-cache.ts'
import { parseLine } from './parse.ts'
import type { Parsed } from './spec.ts'

async function main(argv: readonly string[]): Promise<void> {
  const parsed = parseLine(argv, COMMANDS, COMMON)
  switch (parsed.kind) {
    case 'bad':
      return reject(parsed)
    case 'run':
      keepCompiledCode(process.env)
      process.exitCode =
        parsed.line.command.name === 'validate'
          ? await (await import('./run-validate.ts')).runValidate(parsed.line)
          : await (await import('./run.ts')).run(parsed.line)
      return
    case 'help':
      return (await import('./help.ts')).printHelp(parsed.command, argv.length === 0)
    case 'version':
      return (await import('./help.ts')).printVersion()
    default:
      return parsed satisfies never
  }
}

function reject({ command, problems, json }: Extract<Parsed, { kind: 'bad' }>): void {
  const remedy = `see sluice ${command === undefined ? '' : `${command.name} `}--help`
  say(2, `${neutralText(problems.map((text) => `sluice: ${text}`).join('\n'))}\n${remedy}\n`)
  if (json) {
    const result = {
      schema: 'sluice.result/v1',
      verb: command?.name ?? null,
      environment: null,
      outcome: 'usage',
      code: 2,
      message: problems.join('\n'),
      remedy,
      startedAt: new Date().toISOString(),
      durationMs: 0,
      outputs: {},
    }
    say(1, `${neutralJson(result)}\n`)
  }
  process.exitCode = 2
}

await main(process.argv.slice(2))

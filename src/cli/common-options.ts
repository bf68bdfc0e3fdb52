import { given } from '../domain/given.ts'
import type { Line, OptionSpec } from './spec.ts'

/** The options that every command has. */
export const COMMON: readonly OptionSpec[] = [
  { name: 'env', kind: 'name', value: 'ENVIRONMENT', summary: 'the environment of sluice.yml to work on' },
  { name: 'file', kind: 'text', value: 'FILE', summary: 'the configuration; default sluice.yml' },
  {
    name: 'state',
    kind: 'text',
    value: 'DIR',
    summary: 'the working folder; default .sluice beside the file',
  },
  { name: 'dry-run', kind: 'flag', summary: 'show the decision and stop before acting on it' },
  { name: 'json', kind: 'flag', summary: 'print the result as JSON on stdout, everything else on stderr' },
  { name: 'verbose', kind: 'flag', summary: 'show debug messages, and the stack of an error' },
  { name: 'no-color', kind: 'flag', summary: 'no colours; the variable NO_COLOR does the same' },
  { name: 'help', kind: 'flag', short: 'h', summary: 'show the options of the command' },
  { name: 'version', kind: 'flag', summary: 'show the version' },
]

/** What release has in common with rollout. */
export const MOVING: readonly OptionSpec[] = [
  {
    name: 'force-reason',
    kind: 'text',
    value: 'TEXT',
    summary: 'take the place of the gate; written into the release',
  },
  { name: 'allow-older', kind: 'flag', summary: 'let an older commit replace a newer one' },
  { name: 'keep-models', kind: 'flag', summary: 'keep the models that serve, whatever a verdict says' },
  {
    name: 'wait-lock',
    kind: 'duration',
    value: 'DURATION',
    summary: 'wait this long for a rollout of somebody else, as in 10m',
  },
]

/** The values of those options. */
export const moving = (line: Line) => ({
  ...given({ forceReason: line.text('force-reason'), waitLock: line.duration('wait-lock') }),
  allowOlder: line.has('allow-older'),
  keepModels: line.has('keep-models'),
})

/** For verbs that run pipelines. */
export const PARAMETER = {
  name: 'param',
  kind: 'text',
  many: true,
  value: 'NAME=VALUE',
  summary: 'a parameter of the pipeline; may be repeated',
} as const

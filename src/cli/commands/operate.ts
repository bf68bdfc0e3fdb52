import { given } from '../../domain/given.ts'
import { OPERATIONS } from '../../domain/operations.ts'
import type { CommandSpec } from '../spec.ts'

export const OPERATE: CommandSpec = {
  name: 'operate',
  summary: 'look after what runs: status, logs, pause, rollback and the like',
  environment: 'required',
  operand: { name: 'operation', choices: OPERATIONS },
  options: [
    { name: 'service', kind: 'name', value: 'NAME', summary: 'only this service' },
    { name: 'cost', kind: 'flag', summary: 'status: also what it costs as it runs now' },
    { name: 'follow', short: 'f', kind: 'flag', summary: 'logs: keep on showing new lines' },
    { name: 'tail', kind: 'count', value: 'LINES', summary: 'logs: start with this many lines' },
    { name: 'since', kind: 'text', value: 'DURATION', summary: 'logs: start this long ago, as in 10m' },
    { name: 'filter', kind: 'text', value: 'TEXT', summary: 'logs: only lines with this text' },
    {
      name: 'to',
      kind: 'text',
      value: 'RELEASE',
      summary: 'rollback: to this release; default the one before',
    },
    { name: 'yes', kind: 'flag', summary: 'clean, reap, unlock: do it, not only say it' },
    { name: 'stack', kind: 'name', value: 'NAME', summary: 'unlock: only this stack' },
    { name: 'confirm', kind: 'name', value: 'ENVIRONMENT', summary: 'destroy: its name, typed again' },
    {
      name: 'wait-lock',
      kind: 'duration',
      value: 'DURATION',
      summary: 'wait this long for a rollout of somebody else',
    },
  ],
  load: async (line) => {
    const { operate } = await import('../../commands/operate.ts')
    const options = {
      operation: line.operand ?? '',
      ...given({
        service: line.text('service'),
        tail: line.count('tail'),
        since: line.text('since'),
        filter: line.text('filter'),
        to: line.text('to'),
        stack: line.text('stack'),
        confirm: line.text('confirm'),
        waitLock: line.duration('wait-lock'),
      }),
      cost: line.has('cost'),
      follow: line.has('follow'),
      yes: line.has('yes'),
    }
    return (world) => operate(world, options)
  },
}

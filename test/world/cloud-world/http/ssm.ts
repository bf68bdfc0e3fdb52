import { CloudError } from '../faults.ts'
import type { CloudWorld } from '../world.ts'
import { type JsonDoor, type JsonInput, openJsonDoor } from './json-door.ts'

/** What a machine makes of a command: its states, one a look, and what it says in the end. */
export interface MachineAnswer {
  readonly states: readonly string[]
  readonly output: string
  /** `StatusDetails` of the last one, where it says more. */
  readonly details?: string
}

/** Systems Manager: parameters, and commands to machines. ../README.md cites the page of each behaviour. */
export interface SsmDoor extends JsonDoor {
  /** Machines by id: their tags, and what they answer. */
  readonly machines: Map<
    string,
    { readonly tags: Readonly<Record<string, string>>; readonly answer: MachineAnswer }
  >
}

const PARAMETER = 'aws_ssm_parameter'

export async function openSsm({ store }: CloudWorld): Promise<SsmDoor> {
  const machines: SsmDoor['machines'] = new Map()
  const commands = new Map<string, { readonly ids: readonly string[]; looks: number }>()
  const find = (name: string) => store.find(PARAMETER, (attributes) => attributes['name'] === name)
  const calls: Readonly<Record<string, (input: JsonInput) => object>> = {
    GetParameter: ({ Name }) => {
      const found = find(String(Name))
      if (found === undefined) throw new CloudError('ParameterNotFound', '')
      const { insecure_value, value } = found.attributes
      return { Parameter: { Name, Type: 'String', Value: insecure_value ?? value } }
    },
    PutParameter: ({ Name, Value, Overwrite }) => {
      const found = find(String(Name))
      if (found !== undefined && Overwrite !== true) {
        throw new CloudError('ParameterAlreadyExists', 'The parameter already exists.')
      }
      if (found === undefined) throw new CloudError('ValidationException', 'A type is required')
      store.move(PARAMETER, found.key, { insecure_value: String(Value), value: String(Value) })
      return { Version: store.next(`ssm ${found.key}`), Tier: 'Standard' }
    },
    SendCommand: (input) => {
      const targets = input['Targets'] as readonly {
        readonly Key: string
        readonly Values: readonly string[]
      }[]
      const ids = [...machines]
        .filter(([, { tags }]) =>
          targets.every(({ Key, Values }) => Values.includes(tags[Key.replace(/^tag:/, '')] ?? '')),
        )
        .map(([id]) => id)
      const CommandId = `command-${store.next('ssm command')}`
      commands.set(CommandId, { ids, looks: 0 })
      return { Command: { CommandId, Status: 'Pending', TargetCount: ids.length } }
    },
    ListCommandInvocations: (input) => {
      const command = commands.get(String(input['CommandId']))
      if (command === undefined) throw new CloudError('InvalidCommandId', '')
      const first = Number(input['NextToken'] ?? 0)
      const next = first + Number(input['MaxResults'] ?? 50)
      const look = first === 0 ? command.looks++ : command.looks - 1
      return {
        ...(next < command.ids.length ? { NextToken: String(next) } : {}),
        CommandInvocations: command.ids.slice(first, next).map((InstanceId) => {
          const { states, output, details } = machines.get(InstanceId)?.answer ?? {
            states: ['Undeliverable'],
            output: '',
            details: undefined,
          }
          const last = look >= states.length - 1
          return {
            InstanceId,
            Status: states[Math.min(look, states.length - 1)],
            ...(last && details !== undefined ? { StatusDetails: details } : {}),
            CommandPlugins: last ? [{ Name: 'aws:runShellScript', Output: output }] : [],
          }
        }),
      }
    },
  }
  const door = await openJsonDoor('1.1', (name, input) => {
    const call = calls[name]
    if (call === undefined) throw new CloudError('InvalidAction', `${name} is not simulated`)
    return call(input)
  })
  return Object.assign(door, { machines })
}

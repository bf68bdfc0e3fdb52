import jsonata from 'jsonata'

type Values = Readonly<Record<string, unknown>>

interface State {
  readonly Type: 'Task' | 'Choice' | 'Map' | 'Succeed'
  readonly Resource?: string
  readonly Arguments?: unknown
  readonly Output?: unknown
  readonly Choices?: readonly { readonly Condition: string; readonly Next: string }[]
  readonly Default?: string
  readonly Next?: string
  readonly Items?: unknown
  readonly ItemProcessor?: Machine
  readonly Catch?: readonly { readonly Next: string }[]
}

interface Machine {
  readonly StartAt: string
  readonly States: Readonly<Record<string, State>>
}

type Call = (name: string, input: Values) => Promise<Values>

/**
 * Runs a definition in the Amazon States Language with JSONata (https://states-language.net/spec.html, "JSONata"), as far as tasks of
 * the SDK, choices, maps and ends go; `call` is the SDK: `terminateInstances`. Throws where a state fails that catches nothing.
 */
export async function stateMachine(
  definition: string,
  now: number,
  call: Call,
  told: unknown = {},
): Promise<void> {
  await run(JSON.parse(definition) as Machine, now, call, told)
}

async function run({ StartAt, States }: Machine, now: number, call: Call, told: unknown): Promise<void> {
  let input = told
  let name: string | undefined = StartAt
  while (name !== undefined) {
    const state: State | undefined = States[name]
    if (state === undefined) throw new Error(`there is no state ${name}`)
    switch (state.Type) {
      case 'Task': {
        const asked = (await evaluated(state.Arguments, { input }, now)) as Values
        let result: Values
        try {
          result = await call(String(state.Resource).split(':').at(-1) ?? '', asked)
        } catch (error) {
          const caught: { readonly Next: string } | undefined = state.Catch?.[0]
          if (caught === undefined) throw error
          name = caught.Next
          break
        }
        input = state.Output === undefined ? result : await evaluated(state.Output, { input, result }, now)
        name = state.Next
        break
      }
      case 'Choice': {
        let next = state.Default
        for (const choice of state.Choices ?? []) {
          if ((await evaluated(choice.Condition, { input }, now)) !== true) continue
          next = choice.Next
          break
        }
        name = next
        break
      }
      case 'Map': {
        const items = (await evaluated(state.Items, { input }, now)) as readonly unknown[]
        if (!Array.isArray(items) || state.ItemProcessor === undefined) throw new Error('items are a list')
        for (const item of items) await run(state.ItemProcessor, now, call, item)
        if (state.Output !== undefined) input = await evaluated(state.Output, { input }, now)
        name = state.Next
        break
      }
      case 'Succeed':
        return
      default:
        state.Type satisfies never
    }
  }
}

const EXPRESSION = /^\{%([\s\S]*)%\}$/

/** Every text that is an expression, in place of itself. */
async function evaluated(value: unknown, states: Values, now: number): Promise<unknown> {
  if (typeof value === 'string') {
    const expression = EXPRESSION.exec(value)?.[1]
    if (expression === undefined) return value
    const compiled = jsonata(expression)
    // The world's time: JSONata would ask the machine's.
    compiled.registerFunction('millis', () => now, '<:n>')
    const found: unknown = await compiled.evaluate({}, { states })
    if (found === undefined) throw new Error(`${expression} has no value`)
    return Array.isArray(found) ? [...found] : found
  }
  if (Array.isArray(value)) return Promise.all(value.map((item) => evaluated(item, states, now)))
  if (typeof value !== 'object' || value === null) return value
  const pairs = Object.entries(value).map(async ([key, item]) => [key, await evaluated(item, states, now)])
  return Object.fromEntries((await Promise.all(pairs)) as [string, unknown][])
}

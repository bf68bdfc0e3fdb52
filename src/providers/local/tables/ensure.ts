import * as z from 'zod'
import { externalError, usageError } from '../../../domain/error.ts'
import type { Named } from '../../../domain/named.ts'
import { digestSchema } from '../../../domain/system/images.ts'
import type { Table } from '../../../domain/system/system.ts'
import { message } from '../../../runtime/events.ts'
import { pollUntil } from '../../../runtime/poll.ts'
import type { Runtime } from '../../../runtime/runtime.ts'
import { readJson } from '../json-file.ts'
import { decideTable, definitionOf, type Place } from './definition.ts'
import type { Dynamo } from './dynamo.ts'

const placesSchema = z.object({
  schema: z.literal('sluice.tables/v1'),
  places: z.record(
    z.string(),
    z.object({
      name: z.string(),
      shape: digestSchema,
      key: z.object({ partition: z.string(), sort: z.string().optional() }),
    }),
  ),
})
const PATIENCE = 30_000

type Places = Readonly<Record<string, Place>>

/**
 * Every table of sluice.yml as the engine has to know it, by its name here. What sluice.yml no longer has stays with its
 * items. A kill at any moment costs nothing: a place is written down once all its items are there.
 *
 * @throws SluiceError usage where a table has another key now.
 */
export async function ensureTables(
  runtime: Runtime,
  dynamo: Dynamo,
  options: { readonly path: string; readonly prefix: string; readonly tables: Named<Table> },
): Promise<Readonly<Record<string, string>>> {
  const { path, prefix, tables } = options
  const read = await readJson(path, placesSchema)
  const places: Record<string, Place> = { ...((read?.places ?? {}) as Places) }
  const save = async (): Promise<void> => {
    const text = JSON.stringify({ schema: 'sluice.tables/v1', places }, null, 2)
    await runtime.files.write(path, `${text}\n`, { mode: 0o600 })
  }
  for (const table of Object.values(tables)) {
    const step = decideTable(prefix, table, places[table.name])
    switch (step.kind) {
      case 'keep':
        break
      case 'create':
        await recreate(runtime, dynamo, table, step.place.name)
        places[table.name] = step.place
        await save()
        break
      case 'copy': {
        await recreate(runtime, dynamo, table, step.place.name)
        const items = await copyItems(dynamo, step.from.name, step.place.name)
        places[table.name] = step.place
        await save()
        await dynamo.call('DeleteTable', { TableName: step.from.name })
        runtime.log.emit(
          message('notice', `table ${table.name} has other indexes now: ${items} items copied`),
        )
        break
      }
      case 'refuse':
        throw usageError({
          what: `table ${table.name} has another key now than its items`,
          rule: 'the key of a table cannot be changed',
          remedy: 'give the table with the new key another name, or put the key back',
        })
      default:
        step satisfies never
    }
  }
  return Object.fromEntries(Object.keys(tables).map((name) => [name, places[name]?.name ?? name]))
}

/** What an earlier run left half made under this name goes. */
async function recreate(runtime: Runtime, dynamo: Dynamo, table: Table, name: string): Promise<void> {
  const until = async (look: () => Promise<boolean>): Promise<void> => {
    const deadline = runtime.clock.now() + PATIENCE
    const found = await pollUntil(runtime, async () => (await look()) || undefined, { every: 5, deadline })
    if (found !== 'timed-out') return
    throw externalError('service', { what: `table ${table.name} was not ready in ${PATIENCE / 1000} s` })
  }
  const isThere = async (): Promise<boolean> => (await tableNames(dynamo)).includes(name)
  if (await isThere()) {
    await dynamo.call('DeleteTable', { TableName: name })
    await until(async () => !(await isThere()))
  }
  await dynamo.call('CreateTable', definitionOf(table, name))
  await until(() => isActive(dynamo, name))
}

async function tableNames(dynamo: Dynamo): Promise<readonly string[]> {
  const names: string[] = []
  let from: unknown
  do {
    const page = await dynamo.call('ListTables', from === undefined ? {} : { ExclusiveStartTableName: from })
    names.push(...(page['TableNames'] as string[]))
    from = page['LastEvaluatedTableName']
  } while (from !== undefined)
  return names
}

async function isActive(dynamo: Dynamo, name: string): Promise<boolean> {
  const { Table: table } = (await dynamo.call('DescribeTable', { TableName: name })) as {
    readonly Table: { readonly TableStatus: string }
  }
  return table.TableStatus === 'ACTIVE'
}

async function copyItems(dynamo: Dynamo, from: string, to: string): Promise<number> {
  let copied = 0
  let start: unknown
  do {
    const page = await dynamo.call('Scan', {
      TableName: from,
      Limit: 25,
      ...(start === undefined ? {} : { ExclusiveStartKey: start }),
    })
    const items = page['Items'] as object[]
    for (const Item of items) await dynamo.call('PutItem', { TableName: to, Item })
    copied += items.length
    start = page['LastEvaluatedKey']
  } while (start !== undefined)
  return copied
}

import { type Digest, digestOfValue, hexOf } from '../../../domain/digest.ts'
import { awsPrefix, dashed } from '../../../domain/names/aws-names.ts'
import type { Table, TableKey } from '../../../domain/system/system.ts'

const TYPES = { string: 'S', number: 'N', binary: 'B' } as const

interface KeyElement {
  readonly AttributeName: string
  readonly KeyType: 'HASH' | 'RANGE'
}

/** The input of CreateTable (Amazon DynamoDB API Reference). */
export interface TableDefinition {
  readonly TableName: string
  readonly BillingMode: 'PAY_PER_REQUEST'
  readonly AttributeDefinitions: readonly { readonly AttributeName: string; readonly AttributeType: string }[]
  readonly KeySchema: readonly KeyElement[]
  readonly GlobalSecondaryIndexes?: readonly {
    readonly IndexName: string
    readonly KeySchema: readonly KeyElement[]
    readonly Projection: { readonly ProjectionType: 'ALL' }
  }[]
}

/** Which table holds the items of a table of sluice.yml. */
export interface Place {
  readonly name: string
  readonly shape: Digest
  readonly key: TableKey
}

export type TableStep =
  | { readonly kind: 'keep' }
  | { readonly kind: 'create'; readonly place: Place }
  | { readonly kind: 'copy'; readonly from: Place; readonly place: Place }
  | { readonly kind: 'refuse' }

/** Everything of a table that cannot be changed where it stands. */
export function shapeOfTable({ attributes, key, indexes }: Table): Digest {
  return digestOfValue({ attributes, key, indexes })
}

/**
 * What has to happen before the table is as sluice.yml says. Other indexes are a new table with all items, so that nothing is
 * half there after a kill; another key would be another table, whose items may not even fit.
 */
export function decideTable(prefix: string, table: Table, current: Place | undefined): TableStep {
  const shape = shapeOfTable(table)
  const plain = `${prefix}-${dashed(table.name)}`
  if (current === undefined) return { kind: 'create', place: { name: plain, shape, key: table.key } }
  if (current.shape === shape) return { kind: 'keep' }
  if (digestOfValue(current.key) !== digestOfValue(table.key)) return { kind: 'refuse' }
  const place = { name: `${plain}-${hexOf(shape).slice(0, 8)}`, shape, key: table.key }
  return { kind: 'copy', from: current, place }
}

export const tablePrefix = awsPrefix

export function definitionOf(table: Table, name: string): TableDefinition {
  const indexes = Object.entries(table.indexes)
  // Attributes that no key names are an error there, and would say nothing.
  const used = new Set([table.key, ...Object.values(table.indexes)].flatMap(namesOf))
  return {
    TableName: name,
    BillingMode: 'PAY_PER_REQUEST',
    AttributeDefinitions: [...used].map((attribute) => ({
      AttributeName: attribute,
      AttributeType: TYPES[table.attributes[attribute] ?? 'string'],
    })),
    KeySchema: schemaOf(table.key),
    ...(indexes.length > 0 && {
      GlobalSecondaryIndexes: indexes.map(([index, key]) => ({
        IndexName: index,
        KeySchema: schemaOf(key),
        Projection: { ProjectionType: 'ALL' as const },
      })),
    }),
  }
}

function namesOf({ partition, sort }: TableKey): readonly string[] {
  return sort === undefined ? [partition] : [partition, sort]
}

function schemaOf({ partition, sort }: TableKey): readonly KeyElement[] {
  const hash = { AttributeName: partition, KeyType: 'HASH' as const }
  return sort === undefined ? [hash] : [hash, { AttributeName: sort, KeyType: 'RANGE' as const }]
}

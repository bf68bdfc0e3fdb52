import { DynamodbTable } from '@cdktf/provider-aws/lib/dynamodb-table/index.js'
import { Construct } from 'constructs'
import { accept, PROVIDER_KEY } from '../core/accept.ts'

export interface KeyProps {
  /** Attribute that items are distributed by. */
  readonly partition: string
  /** Attribute that items of one partition are ordered by. */
  readonly sort?: string
}

export interface KeyValueTableProps {
  readonly name: string
  /** Attributes of the key and the indexes -> type. */
  readonly attributes: Readonly<Record<string, 'string' | 'number' | 'binary'>>
  readonly key: KeyProps
  /**
   * Global secondary indexes, with all attributes.
   * @default none
   */
  readonly indexes?: Readonly<Record<string, KeyProps>>
  /**
   * Cannot be deleted.
   * @default true
   */
  readonly protect?: boolean
}

const TYPES = { string: 'S', number: 'N', binary: 'B' } as const

/** A DynamoDB table, paid by request, encrypted, that can be restored to any second of the last 35 days. */
export class KeyValueTable extends Construct {
  readonly name: string

  constructor(scope: Construct, id: string, props: KeyValueTableProps) {
    super(scope, id)
    const { name, attributes, key, indexes = {}, protect = true } = props
    const table = new DynamodbTable(this, 'table', {
      name,
      billingMode: 'PAY_PER_REQUEST',
      hashKey: key.partition,
      ...(key.sort === undefined ? {} : { rangeKey: key.sort }),
      attribute: Object.entries(attributes).map(([attribute, type]) => ({
        name: attribute,
        type: TYPES[type],
      })),
      globalSecondaryIndex: Object.entries(indexes).map(([index, { partition, sort }]) => ({
        name: index,
        hashKey: partition,
        ...(sort === undefined ? {} : { rangeKey: sort }),
        projectionType: 'ALL',
      })),
      pointInTimeRecovery: { enabled: true },
      serverSideEncryption: { enabled: true },
      deletionProtectionEnabled: protect,
      lifecycle: { preventDestroy: protect },
    })
    accept(table, { CKV_AWS_119: PROVIDER_KEY })
    this.name = name
  }
}

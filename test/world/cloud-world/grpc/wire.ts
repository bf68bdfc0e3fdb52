import { decode, ExtensionCodec, encode } from '@msgpack/msgpack'
import { type Attributes, isObject, UNKNOWN, Unknown, type Value } from '../value.ts'

/** Extension 0 is an unknown value; 12 one with refinements, which may be dropped: docs/plugin-protocol/object-wire-format.md. */
const extensionCodec = new ExtensionCodec()
extensionCodec.register({
  type: 0,
  encode: (value) => (value instanceof Unknown ? new Uint8Array([0]) : null),
  decode: () => UNKNOWN,
})
extensionCodec.register({ type: 12, encode: () => null, decode: () => UNKNOWN })

/** DynamicValue of the protocol. */
export interface DynamicValue {
  readonly msgpack?: Uint8Array
  readonly json?: Uint8Array
}

export function readValue(value: DynamicValue | null | undefined): Value {
  if (value?.msgpack !== undefined && value.msgpack.length > 0)
    return decode(value.msgpack, { extensionCodec }) as Value
  if (value?.json !== undefined && value.json.length > 0)
    return JSON.parse(Buffer.from(value.json).toString('utf8')) as Value
  return null
}

/** An object, or null where there is none: before a creation, after a deletion. */
export function readObject(value: DynamicValue | null | undefined): Attributes | null {
  const read = readValue(value)
  return isObject(read) ? read : null
}

export function writeValue(value: Value): DynamicValue {
  return { msgpack: encode(value, { extensionCodec }) }
}

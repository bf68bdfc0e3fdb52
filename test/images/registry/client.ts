import {
  openRegistry,
  type RegistryClient,
  type RegistryOptions,
} from '../../../src/images/registry/index.ts'
import { type FakeOptions, type FakeRuntime, fakeRuntime } from '../../../src/runtime/fake/index.ts'

/** Short enough for tests, long enough for a busy machine. */
const TIMEOUTS = { connect: 5_000, headers: 10_000, idle: 10_000, commit: 10_000 }

export interface TestClient extends RegistryClient, AsyncDisposable {
  readonly runtime: FakeRuntime
}

/** A client whose pauses take no time. */
export function client(options: RegistryOptions = {}, machine: FakeOptions = {}): TestClient {
  const runtime = fakeRuntime(machine)
  const registry = openRegistry(runtime, { timeouts: TIMEOUTS, ...options })
  return Object.assign(registry, {
    runtime,
    [Symbol.asyncDispose]: () => registry.close(),
  })
}

/** The error that a promise ends with. */
export async function errorOf(promise: Promise<unknown>): Promise<Error> {
  try {
    await promise
  } catch (error) {
    return error as Error
  }
  throw new Error('it did not fail')
}

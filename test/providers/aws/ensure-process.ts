/** A process that makes the state of an environment ready: argv is account and region. */
import { openAwsStateStore } from '../../../src/providers/aws/state-store.ts'
import { contextOf } from './context.ts'

const [, , account = '', region = ''] = process.argv
const store = openAwsStateStore(contextOf({ account, region }, process.env))
try {
  process.stdout.write(JSON.stringify(await store.ensure()))
} finally {
  await store.close()
}

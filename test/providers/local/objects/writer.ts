/** One of several processes that write the same object: `node writer.ts FOLDER NAME COUNT`; says how many it created. */
import { text } from 'node:stream/consumers'
import { openObjects } from '../../../../src/providers/local/objects/object-store.ts'

const [, , folder = '', name = '', count = '0'] = process.argv
const store = openObjects({
  folder,
  fileRoots: [],
  buckets: { data: { name: 'data', versioned: false, protect: false } },
  clock: { now: () => Date.now(), sleep: async () => {} },
})

async function increment(): Promise<boolean> {
  const there = await store.read('s3://data/counter')
  const value = there === undefined ? 0 : Number(await text(there.body))
  const only = there === undefined ? ({ absent: true } as const) : { etag: there.info.etag }
  return (await store.write('s3://data/counter', Buffer.from(`${value + 1}`), only)) !== 'conflict'
}

let created = 0
for (let i = 0; i < Number(count); i++) {
  if ((await store.write(`s3://data/once/${i}`, Buffer.from(name), { absent: true })) !== 'conflict')
    created++
  while (!(await increment()));
}
process.stdout.write(JSON.stringify({ created }))

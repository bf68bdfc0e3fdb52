/** `node clips/make.ts SEED [SECONDS] FILE`: a made-up video, and who plays in it. */
import { clipOf } from './clip.ts'
import { writeClip } from './encode.ts'

const [seed = '1', ...rest] = process.argv.slice(2)
const path = rest.at(-1)
if (path === undefined) throw new Error('node clips/make.ts SEED [SECONDS] FILE')
const clip = clipOf(Number(seed), rest.length > 1 ? Number(rest[0]) : 20)
await writeClip(clip, path)
for (const { actor, from, to } of clip.scenes) {
  console.log(`${actor.name.padEnd(16)} ${from.toFixed(1)} s to ${to.toFixed(1)} s`)
}

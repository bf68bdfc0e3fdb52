import { one, stacks } from '../../../cdktf/stack.ts'
import { type Ec2Options, Ec2World } from '../../../world/cloud-world/http/ec2/world.ts'
import { MemoryObjects } from '../../../world/objects.ts'

const SYSTEM = `
buckets: { raw: {} }
pipelines:
  p: { steps: { train: { image: app, engine: ec2, gpu: 1, spot: true, timeout: 2h, outputs: { model: raw/model/ } } } }
`

let made: Promise<Pick<Ec2Options, 'bootScript' | 'killer'>> | undefined

/** Boot script and killer are those of the stacks. */
async function parts(): Promise<Pick<Ec2Options, 'bootScript' | 'killer'>> {
  const all = await stacks(SYSTEM)
  const locals = all.flatMap(({ json }) => Object.values((json['locals'] ?? {}) as Record<string, string>))
  const [bootScript] = locals
  if (bootScript === undefined) throw new Error('the stacks have no boot script')
  return { bootScript, killer: String(one(all, 'aws_sfn_state_machine')['definition']) }
}

/** A cloud in which the step `train` is applied and nothing runs. */
export async function ec2World(change: Partial<Ec2Options> = {}): Promise<Ec2World> {
  made ??= parts()
  return new Ec2World({ ...(await made), objects: new MemoryObjects(), ...change })
}

import { one, stacks } from '../../../../cdktf/stack.ts'
import { TaskWorld, type TaskWorldOptions } from '../../../../world/cloud-world/http/ecs-tasks/world.ts'

const SYSTEM = `
pipelines: { p: { steps: { train: { image: app, engine: ecs, timeout: 2h } } } }
`

let made: Promise<string> | undefined

/** A cloud in which the step `train` is applied and nothing runs; its killer is that of the stacks. */
export async function taskWorld(options: Omit<TaskWorldOptions, 'killer'> = {}): Promise<TaskWorld> {
  made ??= stacks(SYSTEM).then((all) => String(one(all, 'aws_sfn_state_machine')['definition']))
  return new TaskWorld({ ...options, killer: await made })
}

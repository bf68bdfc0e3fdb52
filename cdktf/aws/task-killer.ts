import { SchedulerSchedule } from '@cdktf/provider-aws/lib/scheduler-schedule/index.js'
import { SfnStateMachine } from '@cdktf/provider-aws/lib/sfn-state-machine/index.js'
import { Construct } from 'constructs'
import { LIFETIME_TAG } from '../../src/domain/jobs/boot.ts'
import { NOT_DONE, TASK_PLACING } from '../../src/domain/jobs/ecs-tasks.ts'
import { accept, PROVIDER_KEY } from '../core/accept.ts'
import type { Statement } from '../core/policy.ts'
import { within } from '../core/short-hash.ts'
import { Role } from './role.ts'

export interface TaskKillerProps {
  /** At most 47 characters: what runs add is named after it. */
  readonly name: string
  readonly account: string
  readonly region: string
  /** Name of the cluster whose tasks it watches. */
  readonly cluster: string
  /** Tags that every task of a job carries; others are never stopped. */
  readonly tags: Readonly<Record<string, string>>
}

/**
 * The killer of tasks of ECS (promise R32), which has no limit of its own for a task's time: once a minute a state machine stops
 * those that are past the lifetime in their tags. A run adds a schedule for its own tasks before it starts the first; the one here
 * looks at all of the cluster.
 */
export class TaskKiller extends Construct {
  /** What a run's own schedule starts, as texts: whoever names them needs no reference to this stack. */
  readonly parts: { readonly schedule: string; readonly machine: string; readonly role: string }

  constructor(scope: Construct, id: string, { name, account, region, cluster, tags }: TaskKillerProps) {
    super(scope, id)
    const machine = new SfnStateMachine(this, 'machine', {
      name,
      type: 'EXPRESS',
      roleArn: new Role(this, 'role', {
        name,
        service: 'states.amazonaws.com',
        account,
        statements: statements(`arn:aws:ecs:${region}:${account}`, cluster, tags),
      }).arn,
      definition: JSON.stringify(taskKillerDefinition(cluster)),
    })
    accept(machine, {
      CKV_AWS_284: 'three calls of ECS a minute: there is no way through other services to trace',
      CKV_AWS_285: 'CloudTrail has every task that it stops; its metrics count runs that failed',
    })
    const starterName = `${name}-starter`
    const starter = new Role(this, 'starter', {
      name: starterName,
      service: 'scheduler.amazonaws.com',
      account,
      statements: [{ actions: ['states:StartExecution'], resources: [machine.arn] }],
    })
    this.parts = {
      schedule: name,
      machine: `arn:aws:states:${region}:${account}:stateMachine:${name}`,
      role: `arn:aws:iam::${account}:role/${within(starterName, 64)}`,
    }
    const schedule = new SchedulerSchedule(this, 'schedule', {
      name,
      description: 'Stops tasks of jobs past their lifetime',
      scheduleExpression: 'rate(1 minute)',
      flexibleTimeWindow: { mode: 'OFF' },
      target: {
        arn: machine.arn,
        roleArn: starter.arn,
        input: '{}',
        retryPolicy: { maximumEventAgeInSeconds: 60, maximumRetryAttempts: 5 },
      },
    })
    accept(schedule, { CKV_AWS_297: PROVIDER_KEY })
  }
}

/** https://docs.aws.amazon.com/service-authorization/latest/reference/list_amazonelasticcontainerservice.html */
function statements(
  ecs: string,
  cluster: string,
  tags: Readonly<Record<string, string>>,
): readonly Statement[] {
  const own = Object.entries(tags).map(([key, value]) => [`aws:ResourceTag/${key}`, value])
  const tasks = [`${ecs}:task/${cluster}/*`]
  return [
    {
      actions: ['ecs:ListTasks'],
      resources: ['*'],
      conditions: { ArnEquals: { 'ecs:cluster': `${ecs}:cluster/${cluster}` } },
    },
    { actions: ['ecs:DescribeTasks'], resources: tasks },
    {
      // Copies of services carry no lifetime.
      actions: ['ecs:StopTask'],
      resources: tasks,
      conditions: {
        StringEquals: Object.fromEntries(own),
        Null: { [`aws:ResourceTag/${LIFETIME_TAG}`]: 'false' },
      },
    },
  ]
}

/**
 * https://states-language.net/spec.html, with JSONata: tasks page by page, all of the cluster or, where the input names a `job`, its
 * own. A task's time begins with its container; before that it has the time that placing may take as well. Times are those of ECS.
 */
export function taskKillerDefinition(cluster: string): object {
  const sdk = (call: string): string => `arn:aws:states:::aws-sdk:ecs:${call}`
  const Retry = [{ ErrorEquals: ['States.ALL'], IntervalSeconds: 2, MaxAttempts: 4, BackoffRate: 2 }]
  const began = `($exists(StartedAt) ? $toMillis(StartedAt) : $toMillis(CreatedAt) + ${TASK_PLACING})`
  const lifetime = `Tags[Key = '${LIFETIME_TAG}'].$number(Value)`
  const rest = `'job': $states.input.job, 'next': $states.input.next`
  return {
    QueryLanguage: 'JSONata',
    StartAt: 'List',
    States: {
      List: {
        Type: 'Task',
        Resource: sdk('listTasks'),
        Arguments: `{% {'Cluster': '${cluster}', 'DesiredStatus': 'RUNNING', 'StartedBy': $states.input.job, 'NextToken': $states.input.next} %}`,
        Output: `{% {'tasks': [$states.result.TaskArns], 'job': $states.input.job, 'next': $states.result.NextToken} %}`,
        Retry,
        Next: 'Any',
      },
      Any: choice('$count($states.input.tasks) > 0', 'Describe', 'Last'),
      Describe: {
        Type: 'Task',
        Resource: sdk('describeTasks'),
        Arguments: { Cluster: cluster, Tasks: '{% $states.input.tasks %}', Include: ['TAGS'] },
        Output: `{% {'late': [$states.result.Tasks[${began} + ${lifetime} < $millis()].{'task': TaskArn, 'had': ${lifetime}}], ${rest}} %}`,
        Retry,
        Next: 'Late',
      },
      Late: choice('$count($states.input.late) > 0', 'Stop', 'Last'),
      Stop: {
        Type: 'Map',
        Items: '{% $states.input.late %}',
        ItemProcessor: {
          ProcessorConfig: { Mode: 'INLINE' },
          StartAt: 'One',
          States: {
            One: {
              Type: 'Task',
              Resource: sdk('stopTask'),
              Arguments: {
                Cluster: cluster,
                Task: '{% $states.input.task %}',
                Reason: `{% '${NOT_DONE} ' & $states.input.had & ' ms' %}`,
              },
              Retry,
              // It has ended by itself, or is stopped in the next minute; the others must not wait for it.
              Catch: [{ ErrorEquals: ['States.ALL'], Next: 'Passed' }],
              Next: 'Passed',
            },
            Passed: { Type: 'Succeed' },
          },
        },
        Output: `{% {${rest}} %}`,
        Next: 'Last',
      },
      Last: choice('$exists($states.input.next)', 'List', 'Done'),
      Done: { Type: 'Succeed' },
    },
  }
}

const choice = (condition: string, next: string, otherwise: string): object => ({
  Type: 'Choice',
  Choices: [{ Condition: `{% ${condition} %}`, Next: next }],
  Default: otherwise,
})

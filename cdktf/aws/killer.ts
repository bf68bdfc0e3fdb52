import { SchedulerSchedule } from '@cdktf/provider-aws/lib/scheduler-schedule/index.js'
import { SfnStateMachine } from '@cdktf/provider-aws/lib/sfn-state-machine/index.js'
import { Construct } from 'constructs'
import { LIFETIME_TAG } from '../../src/domain/jobs/boot.ts'
import { accept, PROVIDER_KEY } from '../core/accept.ts'
import type { Statement } from '../core/policy.ts'
import { Role } from './role.ts'

export interface KillerProps {
  readonly name: string
  readonly account: string
  readonly region: string
  /** Every machine that carries these tags is watched. */
  readonly tags: Readonly<Record<string, string>>
  /** Milliseconds from its start after which a machine is terminated. */
  readonly lifetime: number
}

/**
 * The killer of promise R32: once a minute EventBridge Scheduler starts a state machine that terminates machines past
 * their lifetime. It lives in the cloud, so it works when runner, controller and machine are all dead; a launch template
 * that depends on it can start nothing before it is there.
 */
export class Killer extends Construct {
  readonly schedule: SchedulerSchedule
  /** What a run's own schedule starts: the state machine, and the role that may. */
  readonly parts: { readonly schedule: string; readonly machine: string; readonly role: string }

  constructor(scope: Construct, id: string, { name, account, region, tags, lifetime }: KillerProps) {
    super(scope, id)
    const machine = new SfnStateMachine(this, 'machine', {
      name,
      type: 'EXPRESS',
      roleArn: new Role(this, 'role', {
        name,
        service: 'states.amazonaws.com',
        account,
        statements: [
          { actions: ['ec2:DescribeInstances'], resources: ['*'] },
          terminate(`arn:aws:ec2:${region}:${account}:instance/*`, tags),
        ],
      }).arn,
      definition: JSON.stringify(definition(tags, lifetime)),
    })
    accept(machine, {
      CKV_AWS_284: 'two calls of EC2 a minute: there is no way through other services to trace',
      CKV_AWS_285: 'CloudTrail has every machine that it ends; its metrics count runs that failed',
    })
    const starter = new Role(this, 'starter', {
      name: `${name}-starter`,
      service: 'scheduler.amazonaws.com',
      account,
      statements: [{ actions: ['states:StartExecution'], resources: [machine.arn] }],
    })
    this.parts = { schedule: name, machine: machine.arn, role: starter.arn }
    this.schedule = new SchedulerSchedule(this, 'schedule', {
      name,
      description: 'Terminates machines past their lifetime',
      scheduleExpression: 'rate(1 minute)',
      flexibleTimeWindow: { mode: 'OFF' },
      target: {
        arn: machine.arn,
        roleArn: starter.arn,
        retryPolicy: { maximumEventAgeInSeconds: 60, maximumRetryAttempts: 5 },
      },
    })
    accept(this.schedule, { CKV_AWS_297: PROVIDER_KEY })
  }
}

/** Machines with these tags, and no other. */
function terminate(resource: string, tags: Readonly<Record<string, string>>): Statement {
  return {
    actions: ['ec2:TerminateInstances'],
    resources: [resource],
    conditions: {
      StringEquals: Object.fromEntries(
        Object.entries(tags).map(([key, value]) => [`aws:ResourceTag/${key}`, value]),
      ),
    },
  }
}

/**
 * https://states-language.net/spec.html, with JSONata; EC2 says a machine's last start as LaunchTime. A machine may carry a shorter
 * lifetime of its own as a tag, so that the deadline of a run is kept by the cloud's clock and no other.
 */
function definition(tags: Readonly<Record<string, string>>, lifetime: number): object {
  const sdk = (call: string): string => `arn:aws:states:::aws-sdk:ec2:${call}`
  const retry = [{ ErrorEquals: ['States.ALL'], IntervalSeconds: 2, MaxAttempts: 4, BackoffRate: 2 }]
  const own = `Tags[Key = '${LIFETIME_TAG}'].$number(Value)`
  const old = `$[$toMillis(LaunchTime) < $millis() - $min([${lifetime}, ${own}])].InstanceId`
  return {
    QueryLanguage: 'JSONata',
    StartAt: 'Find',
    States: {
      Find: {
        Type: 'Task',
        Resource: sdk('describeInstances'),
        Arguments: {
          Filters: [
            ...Object.entries(tags).map(([key, value]) => ({ Name: `tag:${key}`, Values: [value] })),
            { Name: 'instance-state-name', Values: ['pending', 'running', 'stopping', 'stopped'] },
          ],
        },
        Output: { ids: `{% [$states.result.Reservations.Instances.(${old})] %}` },
        Retry: retry,
        Next: 'Any',
      },
      Any: {
        Type: 'Choice',
        Choices: [{ Condition: '{% $count($states.input.ids) > 0 %}', Next: 'Terminate' }],
        Default: 'Done',
      },
      Terminate: {
        Type: 'Task',
        Resource: sdk('terminateInstances'),
        Arguments: { InstanceIds: '{% $states.input.ids %}' },
        Retry: retry,
        Next: 'Done',
      },
      Done: { Type: 'Succeed' },
    },
  }
}

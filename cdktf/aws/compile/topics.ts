import { Alarm } from '../alarm.ts'
import { MessageTopic } from '../message-topic.ts'
import type { Site } from './site.ts'

export function topics(site: Site): void {
  for (const name of Object.keys(site.system.topics)) make(site, name)
}

function make(site: Site, name: string): void {
  const spec = site.system.topics[name]
  if (spec === undefined) return
  const stack = site.stackOf(name)
  const { ackDeadline, retries, deadLetter } = spec
  const made = new MessageTopic(stack, `topic-${name}`, {
    name: site.name('topics', name),
    ackDeadline,
    retries,
    deadLetter,
  })
  site.topics.set(name, made)
  stack.target('topics', name, made.topicArn)
  if (made.deadLetters === undefined) return
  const alarm = new Alarm(stack, `alarm-${name}-dead-letters`, {
    name: `${site.prefix}-${name}-dead-letters`,
    description: `Messages of ${name} were given up`,
    namespace: 'AWS/SQS',
    metric: 'ApproximateNumberOfMessagesVisible',
    dimensions: [{ QueueName: `${site.name('topics', name)}-dead` }],
    statistic: 'Maximum',
    above: 0,
    minutes: 1,
  })
  stack.target('alarms', `${name}-dead-letters`, alarm.name)
}

import { PubsubSubscriptionIamMember } from '@cdktf/provider-google/lib/pubsub-subscription-iam-member/index.js'
import { variableStem } from '../../../src/domain/name.ts'
import type { Topic } from '../../../src/domain/system/system.ts'
import type { SystemStack } from '../../core/system-stack.ts'
import { Alert } from '../alert.ts'
import { MessageSubscription, type Push } from '../message-subscription.ts'
import { MessageTopic } from '../message-topic.ts'
import { PushIdentity } from '../push-identity.ts'
import type { Site } from './site.ts'

/** Topics, each with one subscription: who pushes stands with the subscriber, who is asked with the topic. */
export function topics(site: Site): void {
  for (const topic of Object.values(site.system.topics)) make(site, topic)
}

/** The names under which a subscriber finds the messages that it has to ask for: `UPLOADED_SUBSCRIPTION`. */
export function subscriptionVariables(site: Site, subscriber: string): Record<string, string> {
  const asked = Object.values(site.system.topics).filter(
    (topic) => topic.subscriber === subscriber && !isPushed(site, topic),
  )
  return Object.fromEntries(
    asked.map(({ name }) => [
      `${variableStem(name)}_SUBSCRIPTION`,
      `projects/${site.project}/subscriptions/${site.name('topics', name)}`,
    ]),
  )
}

/** A service says where it is called; a function is always called. */
function isPushed(site: Site, { subscriber, path }: Topic): boolean {
  return path !== undefined || (subscriber !== undefined && Object.hasOwn(site.system.functions, subscriber))
}

function agentOf(site: Site, stack: SystemStack): string {
  return `serviceAccount:service-${site.projectNumber(stack)}@gcp-sa-pubsub.iam.gserviceaccount.com`
}

function make(site: Site, topic: Topic): void {
  const { name, deadLetter, subscriber } = topic
  const stack = site.stackOf(name)
  const made = new MessageTopic(stack, `topic-${name}`, {
    name: site.name('topics', name),
    region: site.location,
    agent: agentOf(site, stack),
    deadLetter,
  })
  site.topics.set(name, made)
  stack.target('topics', name, made.id)
  alert(site, stack, name, made)
  if (isPushed(site, topic)) {
    site.later(() => push(site, topic, made))
    return
  }
  subscribe(site, stack, topic, made)
  if (subscriber === undefined) return
  site.later(() => {
    const asking = site.stackOf(subscriber)
    new PubsubSubscriptionIamMember(asking, `asks-${name}`, {
      subscription: site.name('topics', name),
      role: 'roles/pubsub.subscriber',
      member: site.account(subscriber).member,
    })
    site.after(asking, name)
  })
}

function alert(site: Site, stack: SystemStack, name: string, { deadLetters }: MessageTopic): void {
  if (deadLetters === undefined) return
  const made = new Alert(stack, `alarm-${name}-dead-letters`, {
    name: `${site.prefix}-${name}-dead-letters`,
    description: `Messages of ${name} were given up`,
    filter: [
      'resource.type="pubsub_subscription"',
      `resource.labels.subscription_id="${site.name('topics', name)}-dead"`,
      'metric.type="pubsub.googleapis.com/subscription/num_undelivered_messages"',
    ].join(' AND '),
    align: 'ALIGN_MAX',
    reduce: 'REDUCE_SUM',
    above: 0,
    minutes: 1,
  })
  stack.target('alarms', `${name}-dead-letters`, made.name)
}

function subscribe(
  site: Site,
  stack: SystemStack,
  { name, ackDeadline, retryDelay, retries }: Topic,
  { id, deadLetterTopic }: MessageTopic,
  push?: Push,
): MessageSubscription {
  return new MessageSubscription(stack, `subscription-${name}`, {
    name: site.name('topics', name),
    topic: id,
    agent: agentOf(site, stack),
    ackDeadline,
    retryDelay,
    retries,
    ...(deadLetterTopic === undefined ? {} : { deadLetterTopic }),
    ...(push === undefined ? {} : { push }),
  })
}

function push(site: Site, topic: Topic, made: MessageTopic): void {
  const { name, subscriber = '', path = '/' } = topic
  const stack = site.stackOf(subscriber)
  const kind = Object.hasOwn(site.system.functions, subscriber) ? 'functions' : 'services'
  const identity = new PushIdentity(stack, `push-${name}`, {
    name: `${site.prefix}-push-${name}`,
    region: site.location,
    service: site.callables.get(subscriber)?.name ?? site.name(kind, subscriber),
    agent: agentOf(site, stack),
  })
  subscribe(site, stack, topic, made, {
    url: site.urlOf(stack, kind, subscriber),
    path,
    identity: identity.email,
  })
}

import type { Variables } from './environment.ts'

/** Says to whoever converts that this video is there. */
export type Announce = (video: string) => Promise<void>

/** @param topic `projects/<project>/topics/<name>` of Pub/Sub or `arn:aws:sns:<region>:<account>:<name>`, as the environment's cloud says it */
export async function openAnnounce(topic: string, env: Variables): Promise<Announce> {
  if (/^projects\/[^/]+\/topics\/[^/]+$/.test(topic)) {
    return (await import('./announce-pubsub.ts')).pubsubAnnounce(topic, env)
  }
  const [, region] = /^arn:aws[a-z-]*:sns:([^:]+):\d+:[^:]+$/.exec(topic) ?? []
  if (region === undefined) {
    throw new Error(
      `${topic} is no topic; expected projects/<project>/topics/<name> or arn:aws:sns:<region>:<account>:<name>`,
    )
  }
  return (await import('./announce-sns.ts')).snsAnnounce(topic, region)
}

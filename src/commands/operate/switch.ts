import type { Operations } from '../../providers/provider.ts'
import { message } from '../../runtime/events.ts'
import type { Report } from '../command.ts'
import type { Post } from './post.ts'
import { status } from './status.ts'

/** No instance runs; addresses and data are kept. */
export async function pause(post: Post): Promise<Report> {
  return forEach(post, 'pause', 'paused', (operations, service) => operations.pause(service))
}

export async function resume(post: Post): Promise<Report> {
  return forEach(post, 'resume', 'resumed', (operations, service) => operations.resume(service))
}

/** New processes of the same revisions; the old ones serve until the new ones are healthy. */
export async function restart(post: Post): Promise<Report> {
  return forEach(post, 'restart', 'restarted', (operations, service) => operations.restart(service))
}

async function forEach(
  post: Post,
  verb: string,
  done: string,
  act: (operations: Operations, service: string) => Promise<void>,
): Promise<Report> {
  const { site, services, dryRun } = post
  for (const service of dryRun ? [] : services) {
    await act(site.provider.operations, service)
    site.runtime.log.emit(message('info', `${service}: ${done}`))
  }
  const names = services.join(', ')
  return { ...(await status(post)), message: dryRun ? `would ${verb} ${names}` : `${done} ${names}` }
}

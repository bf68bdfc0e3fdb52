import type { Operations } from '../../providers/ports/operations.ts'
import { message } from '../../runtime/events.ts'
import type { Report } from '../command.ts'
import type { Post } from './post.ts'
import { status } from './status.ts'

/** No instance runs; addresses and data are kept. The whole system takes its databases and machines along. */
export async function pause(post: Post): Promise<Report> {
  const report = await forEach(post, 'pause', 'paused', (operations, service) => operations.pause(service))
  return withRest(report, await rest(post, 'pause'))
}

export async function resume(post: Post): Promise<Report> {
  // First what services connect to.
  const done = await rest(post, 'resume')
  return withRest(
    await forEach(post, 'resume', 'resumed', (operations, service) => operations.resume(service)),
    done,
  )
}

/** What else was switched, in words. */
async function rest({ site, options, dryRun }: Post, verb: 'pause' | 'resume'): Promise<readonly string[]> {
  const { rest: others } = site.provider.operations
  const whole = options.service === undefined || options.service === ''
  if (others === undefined || !whole || dryRun) return []
  const done = await others[verb]()
  for (const text of done) site.runtime.log.emit(message('info', text))
  return done
}

function withRest(report: Report, done: readonly string[]): Report {
  return { ...report, data: { ...report.data, rest: done }, message: [report.message, ...done].join(', ') }
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

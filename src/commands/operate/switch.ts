import { SluiceError } from '../../domain/error.ts'
import type { Operations } from '../../providers/ports/operations.ts'
import { message } from '../../runtime/events.ts'
import type { Report } from '../command.ts'
import type { Post } from './post.ts'
import { status } from './status.ts'

/** No instance runs; addresses and data are kept. The whole system takes its databases and machines along. */
export async function pause(post: Post): Promise<Report> {
  await each(post, 'paused', (operations, service) => operations.pause(service))
  const done = await rest(post, 'pause')
  return withRest(await reported(post, 'pause', 'paused'), done)
}

export async function resume(post: Post): Promise<Report> {
  // First what services connect to.
  const done = await rest(post, 'resume')
  await each(post, 'resumed', (operations, service) => operations.resume(service))
  return withRest(await reported(post, 'resume', 'resumed'), done)
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
  return {
    ...report,
    data: { ...report.data, rest: done },
    message: [report.message.trim(), ...done].join(', '),
  }
}

/** Time that the work of a worker's machines has to end, milliseconds. */
const DRAIN = 120_000

/**
 * New processes of the same revisions; the old ones serve until the new ones are healthy. Machines of a worker end what they do and
 * begin again with the image that was released last.
 */
export async function restart(post: Post): Promise<Report> {
  const { system, provider } = post.site
  await each(post, 'restarted', async (operations, name) => {
    if (!Object.hasOwn(system.workers, name)) return operations.restart(name)
    const again = provider.workers?.restart
    if (again === undefined) {
      throw new SluiceError('refused', 'user', {
        what: `machines of worker ${name} cannot be restarted in place here`,
        remedy: 'end them; the next one runs what was released last',
      })
    }
    const machines = await again(name, DRAIN)
    const said = machines.length === 0 ? 'no machine runs' : machines.join(', ')
    post.site.runtime.log.emit(message('info', `${name}: ${said}`))
  })
  return reported(post, 'restart', 'restarted')
}

async function each(
  { site, services, dryRun }: Post,
  done: string,
  act: (operations: Operations, service: string) => Promise<void>,
): Promise<void> {
  for (const service of dryRun ? [] : services) {
    await act(site.provider.operations, service)
    site.runtime.log.emit(message('info', `${service}: ${done}`))
  }
}

/** What runs afterwards, and what was done. */
async function reported(post: Post, verb: string, done: string): Promise<Report> {
  const names = post.services.join(', ')
  return { ...(await status(post)), message: post.dryRun ? `would ${verb} ${names}` : `${done} ${names}` }
}

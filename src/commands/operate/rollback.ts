import { SluiceError, usageError } from '../../domain/error.ts'
import type { Release } from '../../domain/releases/release.ts'
import { previousOf } from '../../release/ledger.ts'
import type { Report } from '../command.ts'
import { carry } from '../rollout/carry.ts'
import type { Site } from '../rollout/site.ts'
import { pinnedImages } from '../rollout/workers.ts'
import type { Post } from './post.ts'

/**
 * Rolls the images and models of an earlier release out again, watched like any other. The gate is not asked, and the
 * release says so. Services that the earlier release did not have stay as they are.
 */
export async function rollback({ site, options, dryRun }: Post): Promise<Report> {
  const live = (await site.ledger.live())?.value.release
  const target = await targetOf(site, live, options.to)
  const pinned = await pinnedImages(site)
  const wanted = {
    images: (now: Release | undefined) => {
      const images: Record<string, Release['services'][string]['image']> = {}
      for (const { name } of Object.values(site.system.services)) {
        const image = target.services[name]?.image ?? now?.services[name]?.image ?? pinned[name]
        if (image === undefined) throw neverReleased(name)
        images[name] = image
      }
      return images
    },
    commit: target.commit,
    judged: [],
    built: undefined,
    keepModels: true,
    models: target,
    forced: { by: site.by, reason: 'rollback' },
    allowOlder: true,
  }
  const report = await carry(site, wanted, { command: 'operate', dryRun, waitLock: options.waitLock ?? 0 })
  return { ...report, outputs: { ...report.outputs, table: report.summary } }
}

async function targetOf(site: Site, live: Release | undefined, to: string | undefined): Promise<Release> {
  const { ledger } = site
  if (to === undefined || to === '') {
    const before = live === undefined ? undefined : await previousOf(ledger, live)
    if (before !== undefined) return before
    throw new SluiceError('refused', 'user', {
      what:
        live === undefined ? 'nothing is live yet' : `release ${live.sequence} is the first that went live`,
      rule: 'going back needs a release before',
      remedy: 'see "sluice operate history"',
    })
  }
  const wanted = /^[1-9][0-9]{0,14}$/.test(to)
    ? await ledger.release(Number(to))
    : (await ledger.releases()).findLast((release) => release.id === to)
  if (wanted !== undefined) return wanted
  const known = (await ledger.releases()).map((release) => release.sequence)
  throw usageError({
    what: `there is no release ${to}`,
    rule: known.length === 0 ? 'the ledger has none' : `releases: ${known[0]} to ${known.at(-1)}`,
    remedy: 'see "sluice operate history"; write --to with the number of the release',
  })
}

function neverReleased(service: string): Error {
  return usageError({
    what: `service ${service} was in no release yet`,
    rule: 'going back needs an image that was released',
    remedy: 'run "sluice rollout" first',
  })
}

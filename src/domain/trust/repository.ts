import { type Problem, usageError } from '../error.ts'

/** A repository on GitHub. Names can be given away and taken up again by somebody else; the ids never are. */
export interface Repository {
  readonly owner: string
  readonly name: string
  /** Decimal. */
  readonly ownerId: string
  /** Decimal. */
  readonly id: string
}

/** What was said about it, by options or by the runner. */
export interface RepositoryTexts {
  /** `owner/name`. */
  readonly repository?: string | undefined
  readonly id?: string | undefined
  readonly ownerId?: string | undefined
}

// A login of an enterprise's managed user has an underscore: mona_octo.
const FULL_NAME = /^([A-Za-z0-9](?:[A-Za-z0-9_-]{0,38}))\/([A-Za-z0-9._-]{1,100})$/
const ID = /^[1-9][0-9]{0,18}$/

/**
 * @throws SluiceError usage, with every text that is missing or wrong at once.
 */
export function parseRepository({ repository, id, ownerId }: RepositoryTexts): Repository {
  const [, owner, name] = FULL_NAME.exec(repository ?? '') ?? []
  const where = `gh api repos/${owner === undefined ? 'OWNER/NAME' : `${owner}/${name}`}`
  const problems: Problem[] = []
  if (owner === undefined || name === undefined || name === '.' || name === '..') {
    problems.push({
      what: said('the repository', repository),
      rule: 'the trust of the cloud is for one repository, OWNER/NAME',
      remedy: 'give --repository OWNER/NAME; inside GitHub Actions it is known',
    })
  }
  if (!ID.test(id ?? '')) {
    problems.push({
      what: said('the id of the repository', id),
      rule: 'a repository is trusted by its number, which no other ever gets',
      remedy: `give --repository-id, which is .id of: ${where}`,
    })
  }
  if (!ID.test(ownerId ?? '')) {
    problems.push({
      what: said('the id of its owner', ownerId),
      rule: 'an owner is trusted by its number, which no other ever gets',
      remedy: `give --owner-id, which is .owner.id of: ${where}`,
    })
  }
  const [first, ...rest] = problems
  if (first !== undefined) throw usageError([first, ...rest])
  return { owner: owner ?? '', name: name ?? '', id: id ?? '', ownerId: ownerId ?? '' }
}

const said = (what: string, text: string | undefined): string =>
  text === undefined || text === '' ? `${what} is not given` : `${what} is ${JSON.stringify(text)}`

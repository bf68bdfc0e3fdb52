import { given } from '../../domain/given.ts'
import type { CommandSpec } from '../spec.ts'

export const BOOTSTRAP: CommandSpec = {
  name: 'bootstrap',
  summary: 'make what an environment needs before its first deployment: state, trust, roles',
  environment: 'required',
  options: [
    {
      name: 'repository',
      kind: 'text',
      value: 'OWNER/NAME',
      summary: 'whose jobs are trusted; inside GitHub Actions it is known',
    },
    {
      name: 'repository-id',
      kind: 'text',
      value: 'NUMBER',
      summary: 'its id: .id of gh api repos/OWNER/NAME',
    },
    {
      name: 'owner-id',
      kind: 'text',
      value: 'NUMBER',
      summary: 'the id of its owner: .owner.id of the same',
    },
    {
      name: 'workflow',
      kind: 'text',
      many: true,
      value: 'REFERENCE',
      summary: 'only its jobs: OWNER/REPO/.github/workflows/FILE@REF; may be repeated',
    },
    {
      name: 'legacy-subject',
      kind: 'flag',
      summary: 'during a migration, take the subject without ids as well',
    },
  ],
  load: async (line) => {
    const { bootstrap } = await import('../../commands/bootstrap.ts')
    const options = {
      ...given({
        repository: line.text('repository'),
        repositoryId: line.text('repository-id'),
        ownerId: line.text('owner-id'),
      }),
      workflows: line.list('workflow'),
      legacySubject: line.has('legacy-subject'),
    }
    return (world) => bootstrap(world, options)
  },
}

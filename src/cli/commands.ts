import { given } from '../domain/given.ts'
import { OPERATIONS } from '../domain/operations.ts'
import { MOVING, moving } from './common-options.ts'
import type { CommandSpec } from './spec.ts'

/** Every command, in the order of help; the parser, help and docs/cli.md are made from this list. `load` is the only way to a command's code. */
const PARAMETER = {
  name: 'param',
  kind: 'text',
  many: true,
  value: 'NAME=VALUE',
  summary: 'a parameter of the pipeline; may be repeated',
} as const

export const COMMANDS: readonly CommandSpec[] = [
  {
    name: 'validate',
    summary: 'check sluice.yml and show every problem at once',
    environment: 'optional',
    options: [],
    load: async () => {
      const { validate } = await import('../commands/validate.ts')
      return (world) => validate(world, {})
    },
  },
  {
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
      const { bootstrap } = await import('../commands/bootstrap.ts')
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
  },
  {
    name: 'build',
    summary: 'build the images whose content changed, and mirror the others',
    environment: 'required',
    options: [
      { name: 'image', kind: 'name', many: true, value: 'NAME', summary: 'only this image; may be repeated' },
      {
        name: 'verify',
        kind: 'text',
        value: 'IMAGE@DIGEST',
        summary: 'build nothing, read back this one from the registry',
      },
      {
        name: 'affected',
        kind: 'text',
        value: 'BASE',
        summary: 'build nothing, name the images that the commits since BASE touch',
      },
    ],
    load: async (line) => {
      const { build } = await import('../commands/build.ts')
      const images = line.has('image') ? { images: line.list('image') } : {}
      return (world) =>
        build(world, {
          ...images,
          ...given({ verify: line.text('verify'), affected: line.text('affected') }),
        })
    },
  },
  {
    name: 'synth',
    summary: 'write the Terraform JSON of every stack',
    environment: 'required',
    options: [
      { name: 'out', kind: 'text', value: 'DIR', summary: 'write to DIR/<stack>/ instead of .sluice' },
    ],
    load: async (line) => {
      const { synth } = await import('../commands/synth.ts')
      const out = line.text('out')
      return (world) => synth(world, out === undefined ? {} : { out })
    },
  },
  {
    name: 'plan',
    summary: 'show what would change in the cloud, and record it for approval',
    environment: { unless: 'render' },
    options: [
      { name: 'render', kind: 'text', value: 'FILE', summary: 'only show this plan: "tofu show -json PLAN"' },
      {
        name: 'format',
        kind: 'choice',
        choices: ['markdown', 'json'],
        value: 'FORMAT',
        summary: 'of --render: markdown (default) or json',
      },
    ],
    load: async (line) => {
      const render = line.text('render')
      if (render !== undefined) {
        const { renderPlan } = await import('../commands/plan/render.ts')
        const format = line.text('format') === 'json' || line.has('json') ? 'json' : 'markdown'
        return (world) => renderPlan(world, { render, format })
      }
      const { plan } = await import('../commands/plan.ts')
      return (world) => plan(world, {})
    },
  },
  {
    name: 'apply',
    summary: 'apply exactly the plan that was approved',
    environment: 'required',
    options: [
      {
        name: 'approve',
        kind: 'text',
        value: 'PLANID',
        summary: 'approve this plan, where nobody can type its id',
      },
      {
        name: 'allow-loss',
        kind: 'text',
        many: true,
        value: 'NAME@PLANID',
        summary: 'let this go: ADDRESS@PLANID as plan shows it, or destroys@PLANID',
      },
    ],
    load: async (line) => {
      const { apply } = await import('../commands/apply.ts')
      const options = { ...given({ approve: line.text('approve') }), allowLoss: line.list('allow-loss') }
      return (world) => apply(world, options)
    },
  },
  {
    name: 'train',
    summary: 'run the steps of a pipeline whose inputs changed, and register the model',
    environment: 'required',
    options: [
      {
        name: 'pipeline',
        kind: 'name',
        value: 'NAME',
        summary: 'the pipeline; needed where there are several',
      },
      { name: 'from', kind: 'name', value: 'STEP', summary: 'run this step and all that needs it' },
      PARAMETER,
      { name: 'force', kind: 'flag', summary: 'run every step, changed or not' },
    ],
    load: async (line) => {
      const { train } = await import('../commands/train.ts')
      const { parsePairs } = await import('../domain/pairs.ts')
      return (world) =>
        train(world, {
          ...given({ pipeline: line.text('pipeline'), from: line.text('from') }),
          parameters: parsePairs(line.list('param')),
          force: line.has('force'),
        })
    },
  },
  {
    name: 'evaluate',
    summary: 'judge a challenger against the champion: promote, reject or inconclusive',
    environment: { unless: 'evidence' },
    options: [
      { name: 'model', kind: 'name', value: 'NAME', summary: 'the model; needed where there are several' },
      { name: 'evidence', kind: 'text', value: 'FILE', summary: 'judge this evidence; needs --policy' },
      {
        name: 'policy',
        kind: 'text',
        value: 'FILE',
        summary: 'the policy: a file, or sluice.yml#models.NAME',
      },
      {
        name: 'look',
        kind: 'count',
        value: 'NUMBER',
        summary: 'the how-manieth look this is, where no ledger counts them',
      },
      { name: 'explain', kind: 'flag', summary: 'show how the verdict was reached' },
      { name: 'html', kind: 'text', value: 'FILE', summary: 'write the report as HTML' },
    ],
    load: async (line) => {
      const { evaluate } = await import('../commands/evaluate.ts')
      const options = {
        ...given({
          model: line.text('model'),
          evidence: line.text('evidence'),
          policy: line.text('policy'),
          html: line.text('html'),
          look: line.count('look'),
        }),
        explain: line.has('explain'),
      }
      return (world) => evaluate(world, options)
    },
  },
  {
    name: 'rollout',
    summary: 'move traffic to a new release step by step, and back if it fails',
    environment: 'required',
    options: [
      {
        name: 'image',
        kind: 'text',
        many: true,
        value: 'NAME=REFERENCE',
        summary: 'only this image moves; may be repeated',
      },
      ...MOVING,
    ],
    load: async (line) => {
      const { rollout } = await import('../commands/rollout.ts')
      const images = line.has('image') ? { images: line.list('image') } : {}
      const options = { ...images, ...moving(line) }
      return (world) => rollout(world, options)
    },
  },
  {
    name: 'operate',
    summary: 'look after what runs: status, logs, pause, rollback and the like',
    environment: 'required',
    operand: { name: 'operation', choices: OPERATIONS },
    options: [
      { name: 'service', kind: 'name', value: 'NAME', summary: 'only this service' },
      { name: 'follow', short: 'f', kind: 'flag', summary: 'logs: keep on showing new lines' },
      { name: 'tail', kind: 'count', value: 'LINES', summary: 'logs: start with this many lines' },
      { name: 'since', kind: 'text', value: 'DURATION', summary: 'logs: start this long ago, as in 10m' },
      { name: 'filter', kind: 'text', value: 'TEXT', summary: 'logs: only lines with this text' },
      {
        name: 'to',
        kind: 'text',
        value: 'RELEASE',
        summary: 'rollback: to this release; default the one before',
      },
      { name: 'yes', kind: 'flag', summary: 'clean, reap, unlock: do it, not only say it' },
      { name: 'stack', kind: 'name', value: 'NAME', summary: 'unlock: only this stack' },
      { name: 'confirm', kind: 'name', value: 'ENVIRONMENT', summary: 'destroy: its name, typed again' },
      {
        name: 'wait-lock',
        kind: 'duration',
        value: 'DURATION',
        summary: 'wait this long for a rollout of somebody else',
      },
    ],
    load: async (line) => {
      const { operate } = await import('../commands/operate.ts')
      const options = {
        operation: line.operand ?? '',
        ...given({
          service: line.text('service'),
          tail: line.count('tail'),
          since: line.text('since'),
          filter: line.text('filter'),
          to: line.text('to'),
          stack: line.text('stack'),
          confirm: line.text('confirm'),
          waitLock: line.duration('wait-lock'),
        }),
        follow: line.has('follow'),
        yes: line.has('yes'),
      }
      return (world) => operate(world, options)
    },
  },
  {
    name: 'release',
    summary: 'build, train and evaluate what changed, then roll it out',
    environment: 'required',
    options: [
      { name: 'train', kind: 'flag', summary: 'run every training step, changed or not' },
      PARAMETER,
      ...MOVING,
    ],
    load: async (line) => {
      const { release } = await import('../commands/release.ts')
      const { parsePairs } = await import('../domain/pairs.ts')
      const parameters = parsePairs(line.list('param'))
      const options = { train: line.has('train'), parameters, ...moving(line) }
      return (world) => release(world, options)
    },
  },
  {
    name: 'up',
    summary: 'start the whole system on this machine (cloud local)',
    environment: 'required',
    options: [
      { name: 'detach', kind: 'flag', summary: 'return when everything runs' },
      {
        name: 'export',
        kind: 'flag',
        summary: 'print the variables for a shell, secrets too; implies --detach',
      },
      { name: 'show-secrets', kind: 'flag', summary: 'show the values of secret variables' },
    ],
    load: async (line) => {
      const { up } = await import('../commands/up.ts')
      const options = {
        detach: line.has('detach'),
        export: line.has('export'),
        showSecrets: line.has('show-secrets'),
      }
      return (world) => up(world, options)
    },
  },
  {
    name: 'down',
    summary: 'stop what up started; data stay',
    environment: 'required',
    options: [],
    load: async () => {
      const { down } = await import('../commands/down.ts')
      return (world) => down(world, {})
    },
  },
]

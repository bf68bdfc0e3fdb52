import type { BuiltImage } from '../../../domain/system/system.ts'
import type { BuildContext } from '../../../tools/context/context.ts'
import type { Placement } from '../../../tools/context/placement.ts'
import { finalStage } from '../../../tools/dockerfile/evaluate.ts'

const SHOWN = 10
/** They are in every repository; nobody expects them in an image. */
const EXPECTED = /(?:^|\/)\.(?:git|sluice)$/

/** What of a Dockerfile does not apply without a container engine, in sentences: nothing is left out silently. */
export function limitations(
  image: BuiltImage,
  context: Pick<BuildContext, 'stages' | 'file' | 'leftOut'>,
  placement: Placement,
): string[] {
  const stage = finalStage(context.stages)
  const { base, needs, transfers, user } = stage
  const runs = context.stages.filter(({ index }) => needs.includes(index)).flatMap(({ runs: lines }) => lines)
  const lines = [...new Set(runs)].sort((a, b) => a - b)
  const images = transfers.flatMap(({ origin }) => (origin.kind === 'image' ? [origin.reference] : []))
  const count = lines.length === 1 ? '1 RUN line' : `${lines.length} RUN lines`
  const secrets = context.leftOut.filter((path) => !EXPECTED.test(path))
  const text = (what: string): string => `${image.name}: ${what}`
  const install = image.local?.install?.join(' ')
  return [
    text(
      `built without a container engine: FROM ${base}${lines.length === 0 ? '' : ` and ${count} of ${context.file} (line ${lines.join(', ')})`} ${lines.length === 0 ? 'does' : 'do'} not apply${
        lines.length === 0
          ? ''
          : install === undefined
            ? `; images.${image.name}.local.install can take their place`
            : `; "${install}" takes their place`
      }`,
    ),
    ...(placement.kind === 'whole'
      ? [text(`the whole context lies in ${stage.workdir}: ${placement.why}`)]
      : []),
    ...(images.length === 0 ? [] : [text(`nothing is copied from ${images.join(', ')}`)]),
    ...(user === undefined ? [] : [text(`USER ${user} does not apply: processes run as you`)]),
    ...(secrets.length === 0
      ? []
      : [
          text(
            `left out as secret: ${secrets.slice(0, SHOWN).join(', ')}${secrets.length > SHOWN ? ', ...' : ''}`,
          ),
        ]),
  ]
}

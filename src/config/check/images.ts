import type { Problem } from '../../domain/error.ts'
import { complain, isWritten, pairs, type Rule } from './subject.ts'

const BUILD_ONLY = ['dockerfile', 'target', 'args', 'secrets', 'ssh', 'platforms']

export const checkImages: Rule = (subject) =>
  pairs(subject.value.images).flatMap(([name, image]): Problem[] => {
    const path = ['images', name]
    const context = isWritten(subject, [...path, 'context'])
    const mirror = isWritten(subject, [...path, 'mirror'])
    if (subject.removed.some((gone) => gone[0] === 'images' && gone[1] === name && gone.length === 3))
      return []
    if (context && mirror)
      return [
        complain(subject, [...path, 'mirror'], 'found context and mirror', 'an image is built or mirrored'),
      ]
    if (!context && !mirror)
      return [
        complain(
          subject,
          path,
          'found neither context nor mirror',
          'an image is built from context: folder, or is the mirror: of another',
        ),
      ]
    if (context) {
      if (!isWritten(subject, [...path, 'remote'])) return []
      return [
        complain(
          subject,
          [...path, 'remote'],
          'found in an image that is built',
          'remote belongs to images with mirror',
        ),
      ]
    }
    const pinned = /[^/:]:[^/]+$|@sha256:/.test(image.mirror ?? '')
    return [
      ...(pinned || image.mirror === undefined
        ? []
        : [
            complain(
              subject,
              [...path, 'mirror'],
              'found no tag and no digest',
              'a mirrored image names its version, repository:tag',
            ),
          ]),
      ...BUILD_ONLY.filter((key) => isWritten(subject, [...path, key])).map((key) =>
        complain(
          subject,
          [...path, key],
          'found in a mirrored image',
          `${key} belongs to images with context`,
        ),
      ),
    ]
  })

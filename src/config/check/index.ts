import type { Problem } from '../../domain/error.ts'
import type { Shaped } from '../shape.ts'

export function checkMeaning(_shaped: Shaped, _environment?: string): Problem[] {
  return []
}

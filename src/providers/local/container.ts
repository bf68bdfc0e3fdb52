import type { ImageReference } from '../../domain/digest.ts'
import type { Argv } from '../../runtime/runtime.ts'

/** An image made ready to run as a plain process. */
export interface LocalContainer {
  readonly argv: Argv
  readonly cwd: string
  /** ENV of the image; what the service or job sets comes on top. */
  readonly env: Readonly<Record<string, string>>
}

export interface ContainerSource {
  /**
   * Unpacks the image (once: the same digest lies in the same folder) and says how to start it. `command` takes the
   * place of the image's own.
   */
  prepare(reference: ImageReference, command?: readonly string[]): Promise<LocalContainer>
}

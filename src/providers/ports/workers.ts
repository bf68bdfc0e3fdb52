import type { ImageReference } from '../../domain/digest.ts'

/** Which image the machines of a worker run; each asks for it when it boots. */
export interface WorkerImages {
  /** undefined before the first release. */
  read(worker: string): Promise<ImageReference | undefined>
  write(worker: string, image: ImageReference): Promise<void>
  /** What new machines are started from, and its version; absent where no version is known. */
  template?(worker: string): Promise<string | undefined>
  /**
   * Lets the machines that run begin again with the image that was written, each in its place; absent where they cannot. Work has
   * `drain` milliseconds to end. Resolves with the machines that did.
   */
  restart?(worker: string, drain: number): Promise<readonly string[]>
}

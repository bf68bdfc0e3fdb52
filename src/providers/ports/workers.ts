import type { ImageReference } from '../../domain/digest.ts'

/** Which image the machines of a worker run; each asks for it when it boots. */
export interface WorkerImages {
  /** undefined before the first release. */
  read(worker: string): Promise<ImageReference | undefined>
  write(worker: string, image: ImageReference): Promise<void>
}

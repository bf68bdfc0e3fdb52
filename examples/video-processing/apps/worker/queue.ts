/** A message, each time that it comes. */
export interface Delivery {
  readonly body: string
  /** How often it has come, this time included. */
  readonly times: number
  /** By which the queue knows this delivery. */
  readonly receipt: string
}

/** Where messages wait for whoever takes them. One that comes too often is kept aside by the queue itself. */
export interface Queue {
  /** Waits a while for the next one; undefined where none came. */
  receive(signal: AbortSignal): Promise<Delivery | undefined>
  remove(delivery: Delivery): Promise<void>
  /** It comes again after so many seconds. */
  putBack(delivery: Delivery, seconds: number): Promise<void>
}

import { FakeClock } from '../../../src/runtime/fake/clock.ts'
import { Faults } from './faults.ts'
import { CloudStore } from './store.ts'

export interface CloudWorldOptions {
  /** Twelve digits. */
  readonly account?: string
  /** Project of Google Cloud. */
  readonly project?: string
}

/** One cloud in memory: what is there, what time it is, and what goes wrong. Doors speak for it. */
export class CloudWorld {
  readonly store = new CloudStore()
  readonly clock = new FakeClock()
  readonly faults = new Faults(this.clock)
  readonly account: string
  readonly project: string

  constructor({ account = '222222222222', project = 'sluice-test' }: CloudWorldOptions = {}) {
    this.account = account
    this.project = project
  }

  /** Now, as both clouds write it. */
  get time(): string {
    return new Date(this.clock.now()).toISOString()
  }
}

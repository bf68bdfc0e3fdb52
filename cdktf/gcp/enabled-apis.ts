import { ProjectService } from '@cdktf/provider-google/lib/project-service/index.js'
import { Construct } from 'constructs'

/** Switches APIs of the project on, and never off: others may use them too. */
export class EnabledApis extends Construct {
  readonly all: readonly ProjectService[]

  /** `names`: `run` for run.googleapis.com. */
  constructor(scope: Construct, id: string, names: readonly string[]) {
    super(scope, id)
    this.all = names.map(
      (name) =>
        new ProjectService(this, name, {
          service: `${name}.googleapis.com`,
          disableOnDestroy: false,
          disableDependentServices: false,
        }),
    )
  }
}

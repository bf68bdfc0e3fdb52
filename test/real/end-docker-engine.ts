import { leaveDockerEngine } from './docker-engine.ts'

/** Nothing that a test started is left running when the run ends. */
export const teardown = leaveDockerEngine

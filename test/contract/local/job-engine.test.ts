import { localJobs } from '../../providers/local/jobs/world.ts'
import { jobEngineContract } from '../job-engine.ts'

jobEngineContract('processes of this machine', localJobs)

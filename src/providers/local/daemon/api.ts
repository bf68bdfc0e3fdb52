import * as z from 'zod'
import { servedModelSchema } from '../../../domain/models/model.ts'
import { isName } from '../../../domain/name.ts'
import { digestSchema, imageReferenceSchema } from '../../../domain/system/images.ts'
import type { Service } from '../../../domain/system/system.ts'
import type { MachineStatus, Operations } from '../../ports/operations.ts'
import type { ServiceHost, ServiceStatus } from '../../ports/services.ts'

/** What `sluice up` shows, and what jobs are given. It holds passwords: it goes to those who know the token only. */
export interface CloudVariables {
  /** For everyone: AWS_ENDPOINT_URL_S3, ... */
  readonly shared: Readonly<Record<string, string>>
  /** For those that connect, by resource: { db: { DB_HOST: ... } }; services included. */
  readonly connections: Readonly<Record<string, Readonly<Record<string, string>>>>
}

/** What a supervisor answers to; every method may be repeated. */
export interface DaemonApi
  extends Omit<ServiceHost, 'pace'>,
    Pick<Operations, 'pause' | 'resume' | 'restart'> {
  services(): Promise<readonly ServiceStatus[]>
  machines(): Promise<readonly MachineStatus[]>
  variables(): Promise<CloudVariables>
  /** Answers first, then drains and ends. */
  stop(): Promise<void>
}

const name = z.string().refine(isName)
const revision = z.string().max(100)
const service = z.custom<Service>((value) => {
  const { name: given, port, stopTimeout } = (value ?? {}) as Partial<Service>
  return (
    typeof given === 'string' &&
    isName(given) &&
    (port === undefined || (Number.isInteger(port) && port > 0 && port < 65536)) &&
    Number.isFinite(stopTimeout)
  )
}, 'expected a service')
const spec = z.object({
  service,
  image: imageReferenceSchema,
  models: z.array(servedModelSchema),
  release: digestSchema,
})

/** The arguments of each method, checked where they come in. */
export const METHODS = {
  describe: z.tuple([name]),
  stage: z.tuple([spec]),
  shift: z.tuple([name, revision, z.number()]),
  settle: z.tuple([name, revision]),
  revert: z.tuple([name, revision]),
  pause: z.tuple([name]),
  resume: z.tuple([name]),
  restart: z.tuple([name]),
  services: z.tuple([]),
  machines: z.tuple([]),
  variables: z.tuple([]),
  stop: z.tuple([]),
} as const satisfies { readonly [M in keyof DaemonApi]: z.ZodType<Parameters<DaemonApi[M]>> }

export type Method = keyof DaemonApi

export function isMethod(text: string): text is Method {
  return Object.hasOwn(METHODS, text)
}

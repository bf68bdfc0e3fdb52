import * as z from 'zod'
import { command, env, imageSource, line, name, path, platform, variable } from './text.ts'

export const image = z
  .strictObject({
    context: path.optional().describe('Folder to build from, relative to sluice.yml; this or `mirror`'),
    mirror: imageSource
      .optional()
      .describe("Upstream image that is copied by digest into the environment's registry"),
    remote: z
      .boolean()
      .optional()
      .describe('A public `mirror` is not copied where the cloud can fetch it (Google Cloud); default false'),
    dockerfile: path.optional().describe('Dockerfile, relative to the context; default Dockerfile'),
    target: name.optional().describe('Stage of the Dockerfile to stop at; default the last'),
    args: env.default({}).describe('Build arguments; never for secrets'),
    secrets: z
      .record(line, variable)
      .default({})
      .describe('Build secrets: id -> environment variable that holds the value'),
    ssh: z.boolean().default(false).describe('Forwards the SSH agent to the build'),
    platforms: z.array(platform).min(1).optional().describe('OCI platforms; default linux/amd64'),
    local: z
      .strictObject({
        install: command.optional().describe('Run once in the unpacked context before the first start'),
        run: command.optional().describe("Starts it; default the image's own command"),
      })
      .optional()
      .describe('How cloud local prepares and starts it where there is no container engine'),
  })
  .describe('An image: built from a folder or mirrored from a registry')

import * as z from 'zod'
import { command, path } from './text.ts'

export const infra = z
  .strictObject({
    hcl: path.optional().describe('Folder of Terraform configuration, relative to sluice.yml'),
    cdktf: path.optional().describe('Folder of a CDKTF app, relative to sluice.yml'),
    command: command.optional().describe('Synthesizes the CDKTF app; with `cdktf`'),
  })
  .describe("Your own infrastructure code in place of Sluice's; it must emit the output `sluice`")

import { Argument, type Command } from 'commander'
import type { ApiName } from '../compose/api-documents.ts'
import { print } from './print.ts'

const NAMES = ['operator', 'receiver'] as const satisfies readonly ApiName[]

/** `openapi`: prints the OpenAPI document of a face, for client generators and linters, without a running server. */
export function registerOpenapiCommand(program: Command): void {
  program
    .command('openapi')
    .description('print the OpenAPI document of the operator API or of the receiver')
    .addArgument(new Argument('[api]', 'which API').choices(NAMES).default('operator'))
    .action(async (name: ApiName) => {
      const { apiDocument } = await import('../compose/api-documents.ts')
      print(JSON.stringify(apiDocument(name), null, 2))
    })
}

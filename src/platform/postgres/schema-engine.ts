import { readFile } from 'node:fs/promises'
import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'
import { bindMigrationAwareSqlAdapterFactory, type SqlDriverAdapter } from '@prisma/driver-adapter-utils'
import * as bindings from '@prisma/schema-engine-wasm/schema_engine_bg'

export type { MigrationList } from '@prisma/schema-engine-wasm/schema_engine_bg'

/**
 * Opens Prisma's schema engine, compiled to WebAssembly, on the connection of `connect`. It needs no native binary, which the command
 * `prisma migrate` would download. The caller calls `free()`.
 */
export async function openSchemaEngine(connect: () => Promise<SqlDriverAdapter>): Promise<bindings.SchemaEngine> {
  await instantiate()
  const adapter = bindMigrationAwareSqlAdapterFactory({
    adapterName: '@prisma/adapter-pg',
    provider: 'postgres',
    connect,
    connectToShadowDb: () => Promise.reject(new Error('no shadow database here: compare with a real one')),
  })
  return bindings.SchemaEngine.new({ datamodels: undefined }, () => {}, adapter)
}

/** The part of WebAssembly that is used here: TypeScript declares it only among a browser's types. */
declare const WebAssembly: {
  instantiate(bytes: Uint8Array, imports: object): Promise<{ instance: { exports: { __wbindgen_start: () => void } } }>
}

let instantiated: Promise<void> | undefined

/** Not by `import`, which prints an experimental warning on Node 24. */
function instantiate(): Promise<void> {
  instantiated ??= (async () => {
    // The engine writes the reason of a panic here before it traps; a trap alone says only "unreachable".
    Object.assign(globalThis, {
      PRISMA_WASM_PANIC_REGISTRY: {
        set_message: (message: string) => {
          throw new Error(`the schema engine gave up: ${message}`)
        },
      },
    })
    const folder = dirname(createRequire(import.meta.url).resolve('@prisma/schema-engine-wasm/schema_engine_bg'))
    const bytes = await readFile(join(folder, 'schema_engine_bg.wasm'))
    const { instance } = await WebAssembly.instantiate(bytes, { './schema_engine_bg.js': Object.fromEntries(imports()) })
    bindings.__wbg_set_wasm(instance.exports)
    instance.exports.__wbindgen_start()
  })()
  return instantiated
}

/** Functions that the engine calls. It never clears its lock timeout (10 s), which must not keep the process alive. */
function imports(): [string, unknown][] {
  return Object.entries(bindings).map(([name, value]) => {
    if (!name.startsWith('__wbg_setTimeout_')) return [name, value]
    const start = value as (...args: unknown[]) => NodeJS.Timeout // wasm-bindgen's wrapper of setTimeout
    return [name, (...args: unknown[]) => start(...args).unref()]
  })
}

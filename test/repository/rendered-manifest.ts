import { readFileSync } from 'node:fs'
import { join, resolve } from 'node:path'

export const root = resolve(import.meta.dirname, '../..')

export function readText(path: string): string {
  return readFileSync(join(root, path), 'utf8')
}

export interface Manifest {
  readonly name: string
  readonly version: string
  readonly license: string
  readonly metadata: { readonly category: string; readonly image: string; readonly icon: string }
  readonly resources: {
    readonly storages: readonly { readonly storage: string; readonly public: boolean }[]
    readonly proxies: readonly Proxy[]
  }
  readonly tokens: Readonly<Record<string, { allow: Record<string, Record<string, readonly string[]>> }>>
  readonly task: {
    readonly type: string
    readonly image: string
    readonly port: number
    readonly user?: string
    readonly env: Readonly<Record<string, string>>
    readonly volumes: readonly { readonly source: string; readonly target: string }[]
  }
  readonly interface: {
    readonly main: {
      readonly proxy_to: { plugin: string; port: number; rewrite_base_path: boolean }
    }
  }
}

interface Proxy {
  readonly proxy: string
  readonly enabled: boolean
  readonly config: {
    readonly protocol: string
    readonly source: { readonly port: number; readonly secure?: boolean }
    readonly target: {
      readonly type: string
      readonly port: number
      readonly plugin: { readonly name: string; readonly user: string }
    }
  }
}

/** What the platform sets in the environment of every plugin, besides its token. */
export const platformEnvironment = {
  THINGER_HOST: 'iot.example.test',
  THINGER_USER: 'alice',
  THINGER_PLUGIN: 'sftpgo',
}

/** Fills in {{NAME}} as the platform does when it installs a plugin. */
export function renderManifest(): Manifest {
  const values: Readonly<Record<string, string>> = platformEnvironment
  const rendered = readText('plugin.json').replace(/\{\{(\w+)\}\}/g, (placeholder, name: string) => {
    return values[name] ?? placeholder
  })
  return JSON.parse(rendered) as Manifest
}

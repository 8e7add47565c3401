import {
  authorize,
  notFound,
  ok,
  readJsonObject,
  Refusal,
  type Answer,
  type Call,
  type Route,
} from './http.ts'
import type { PropertyRecord } from './world.ts'

const base = '^\\/v1\\/users\\/([^/]+)\\/plugins'

export const pluginRoutes: readonly Route[] = [
  { method: 'GET', path: new RegExp(`${base}$`), handle: listPlugins },
  { method: 'GET', path: new RegExp(`${base}\\/([^/]+)$`), handle: readPlugin },
  { method: 'GET', path: new RegExp(`${base}\\/([^/]+)\\/properties$`), handle: listProperties },
  { method: 'POST', path: new RegExp(`${base}\\/([^/]+)\\/properties$`), handle: createProperties },
  { method: 'GET', path: new RegExp(`${base}\\/([^/]+)\\/properties\\/([^/]+)$`), handle: readProperty },
  { method: 'PUT', path: new RegExp(`${base}\\/([^/]+)\\/properties\\/([^/]+)$`), handle: updateProperty },
  { method: 'PATCH', path: new RegExp(`${base}\\/([^/]+)\\/properties\\/([^/]+)$`), handle: mergeProperty },
  { method: 'DELETE', path: new RegExp(`${base}\\/([^/]+)\\/properties\\/([^/]+)$`), handle: deleteProperty },
]

function describePlugin(call: Call): object {
  const { plugin, version } = call.world.plugin
  return { plugin, name: plugin, version: version ?? '3.0.0', state: 'running' }
}

function listPlugins(call: Call, user = ''): Answer {
  authorize(call, { owner: user, entity: 'Plugin', resource: '*', action: 'ListPlugins' })
  return ok(call.world.plugin.user === user ? [describePlugin(call)] : [])
}

function readPlugin(call: Call, user = '', plugin = ''): Answer {
  enter(call, user, plugin, 'ReadPluginInfo')
  return ok(describePlugin(call))
}

function listProperties(call: Call, user = '', plugin = ''): Answer {
  enter(call, user, plugin, 'ListPluginProperties')
  return ok([...call.world.properties.values()])
}

function createProperties(call: Call, user = '', plugin = ''): Answer {
  enter(call, user, plugin, 'CreatePluginProperty')
  if (!call.body.toString().trimStart().startsWith('[')) return ok(saveProperty(call, readJsonObject(call)))
  const items = JSON.parse(call.body.toString()) as Record<string, unknown>[]
  return ok(items.map((item) => saveProperty(call, item)))
}

function saveProperty(call: Call, body: Record<string, unknown>): PropertyRecord {
  const { property, value } = body
  if (typeof property !== 'string' || !/^[a-zA-Z0-9_-]{1,32}$/.test(property)) {
    throw new Refusal(400, 'validation failed', ['property'])
  }
  if (value === undefined) throw new Refusal(400, 'validation failed', ['value'])
  const now = Date.now()
  const record = {
    ...body,
    property,
    value,
    created: call.world.properties.get(property)?.created ?? now,
    modified: now,
  }
  call.world.properties.set(property, record)
  return record
}

function readProperty(call: Call, user = '', plugin = '', property = ''): Answer {
  enter(call, user, plugin, 'ReadPluginProperty')
  return ok(existing(call, property))
}

function updateProperty(call: Call, user = '', plugin = '', property = ''): Answer {
  enter(call, user, plugin, 'UpdatePluginProperty')
  existing(call, property)
  return ok(saveProperty(call, { ...readJsonObject(call), property }))
}

function mergeProperty(call: Call, user = '', plugin = '', property = ''): Answer {
  enter(call, user, plugin, 'UpdatePluginProperty')
  return ok(saveProperty(call, { ...existing(call, property), ...readJsonObject(call), property }))
}

function deleteProperty(call: Call, user = '', plugin = '', property = ''): Answer {
  enter(call, user, plugin, 'DeletePluginProperty')
  existing(call, property)
  call.world.properties.delete(property)
  return ok({})
}

function enter(call: Call, user: string, plugin: string, action: string): void {
  authorize(call, { owner: user, entity: 'Plugin', resource: plugin, action })
  if (call.world.plugin.user !== user || call.world.plugin.plugin !== plugin) throw notFound()
}

function existing(call: Call, property: string): PropertyRecord {
  const record = call.world.properties.get(property)
  if (record === undefined) throw notFound()
  return record
}

import { mkdir } from 'node:fs/promises'
import { join } from 'node:path'
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
import type { StorageRecord } from './world.ts'

const settings = ['storage', 'name', 'description', 'index', 'public']
const defaultCount = 50

export const storageRoutes: readonly Route[] = [
  { method: 'GET', path: /^\/v1\/users\/([^/]+)\/storages$/, handle: listStorages },
  { method: 'POST', path: /^\/v1\/users\/([^/]+)\/storages$/, handle: createStorage },
  { method: 'GET', path: /^\/v1\/users\/([^/]+)\/storages\/([^/]+)$/, handle: readStorage },
  { method: 'PUT', path: /^\/v1\/users\/([^/]+)\/storages\/([^/]+)$/, handle: updateStorage },
  { method: 'DELETE', path: /^\/v1\/users\/([^/]+)\/storages\/([^/]+)$/, handle: deleteStorage },
]

function listStorages(call: Call, user = ''): Answer {
  authorize(call, { owner: user, entity: 'Storage', resource: '*', action: 'ListStorages' })
  const { searchParams } = call.url
  const search = searchParams.get('name') ?? ''
  const index = Number(searchParams.get('index') ?? 0)
  const count = Number(searchParams.get('count') ?? defaultCount)
  const found = [...call.world.storagesOf(user).values()]
    .filter((record) => record.name.includes(search) || record.storage.includes(search))
    .sort((a, b) => (a.storage < b.storage ? -1 : 1))
  return ok(call.world.quirks.ignorePaging === true ? found : found.slice(index, index + count))
}

async function createStorage(call: Call, user = ''): Promise<Answer> {
  const body = readJsonObject(call)
  const { storage, name } = body
  if (typeof storage !== 'string' || !/^[a-zA-Z0-9_-]{1,32}$/.test(storage)) {
    throw new Refusal(400, 'validation failed', ['storage'])
  }
  authorize(call, { owner: user, entity: 'Storage', resource: storage, action: 'CreateStorage' })
  const wrong = Object.keys(body).filter((key) => !settings.includes(key))
  if (wrong.length > 0) throw new Refusal(400, 'validation failed', wrong)
  if (typeof name !== 'string') throw new Refusal(400, 'validation failed', ['name'])
  if (call.world.quirks.raceOnCreate === true) call.world.addStorage(user, { storage })
  if (call.world.storagesOf(user).has(storage)) {
    throw new Refusal(call.world.quirks.duplicateStatus ?? 400, 'resource already exists')
  }
  if (call.world.storagesDir !== undefined)
    await mkdir(join(call.world.storagesDir, storage), { recursive: true })
  return ok(call.world.addStorage(user, body as Partial<StorageRecord> & { storage: string }))
}

function readStorage(call: Call, user = '', storage = ''): Answer {
  authorize(call, { owner: user, entity: 'Storage', resource: storage, action: 'ReadStorageConfig' })
  return ok(existing(call, user, storage))
}

function updateStorage(call: Call, user = '', storage = ''): Answer {
  authorize(call, { owner: user, entity: 'Storage', resource: storage, action: 'UpdateStorage' })
  const record = existing(call, user, storage)
  Object.assign(record, readJsonObject(call), { storage, modified: Date.now() })
  return ok(record)
}

function deleteStorage(call: Call, user = '', storage = ''): Answer {
  authorize(call, { owner: user, entity: 'Storage', resource: storage, action: 'DeleteStorage' })
  existing(call, user, storage)
  call.world.storagesOf(user).delete(storage)
  return ok({})
}

function existing(call: Call, user: string, storage: string): StorageRecord {
  const record = call.world.storagesOf(user).get(storage)
  if (record === undefined) throw notFound()
  return record
}

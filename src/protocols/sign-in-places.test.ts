import assert from 'node:assert/strict'
import { test } from 'node:test'
import { type Log, silentLog } from '../core/log.ts'
import { type Newcomer, SignInPlaces } from './sign-in-places.ts'

class Client implements Newcomer {
  readonly name: string
  hasSpoken: boolean
  isProving: boolean
  readonly #ended: string[]

  constructor(name: string, ended: string[], { hasSpoken = false, isProving = false } = {}) {
    this.name = name
    this.#ended = ended
    this.hasSpoken = hasSpoken
    this.isProving = isProving
  }

  giveWay(): void {
    this.#ended.push(this.name)
  }
}

class Room {
  readonly ended: string[] = []
  readonly places: SignInPlaces

  constructor(size: number, log: Log = silentLog) {
    this.places = new SignInPlaces(() => size, log)
  }

  enter(name: string, state: { hasSpoken?: boolean; isProving?: boolean } = {}): Client {
    const client = new Client(name, this.ended, state)
    this.places.take(client)
    return client
  }
}

test('a newcomer always gets a place, that of the oldest', () => {
  const room = new Room(3)
  for (const name of ['a', 'b', 'c', 'd', 'e']) room.enter(name)
  assert.deepEqual(room.ended, ['a', 'b'])
  assert.equal(room.places.taken, 3)
})

test('who has left makes room without anybody being ended', () => {
  const room = new Room(2)
  const first = room.enter('a')
  room.enter('b')
  room.places.leave(first)
  room.places.leave(first)
  room.enter('c')
  assert.deepEqual(room.ended, [])
  room.enter('d')
  assert.deepEqual(room.ended, ['b'])
})

test('a flood of silent connections drives nobody out who has spoken', () => {
  const room = new Room(10)
  for (const name of ['a', 'b', 'c', 'd', 'e']) room.enter(name, { hasSpoken: true })
  for (let i = 0; i < 100; i++) room.enter(`silent ${i}`)
  assert.equal(room.ended.length, 95)
  assert.ok(room.ended.every((name) => name.startsWith('silent')))
})

test('a flood of connections that speak leaves half of the places to those that have not spoken yet', () => {
  const room = new Room(10)
  for (const name of ['a', 'b', 'c', 'd']) room.enter(name)
  // Each comes in silence, as every client does, and says a word then.
  for (let i = 0; i < 100; i++) room.enter(`spoken ${i}`).hasSpoken = true
  assert.equal(room.ended.length, 94)
  assert.ok(room.ended.every((name) => name.startsWith('spoken')))
})

test('who is proving who it is gives way when all others are doing so too, the oldest first', () => {
  const room = new Room(3)
  for (const name of ['a', 'b', 'c']) room.enter(name, { hasSpoken: true, isProving: name !== 'c' })
  room.enter('d', { hasSpoken: true, isProving: true })
  assert.deepEqual(room.ended, ['c'])
  room.enter('e')
  assert.deepEqual(room.ended, ['c', 'a'])
})

test('fewer places than before hold for the next newcomer', () => {
  let size = 4
  const ended: string[] = []
  const places = new SignInPlaces(() => size, silentLog)
  for (const name of ['a', 'b', 'c', 'd']) places.take(new Client(name, ended))
  size = 2
  places.take(new Client('e', ended))
  assert.deepEqual(ended, ['a', 'b', 'c'])
})

test('a flood is one line of the log', () => {
  const lines: unknown[] = []
  const room = new Room(1, { ...silentLog, warn: (fields) => void lines.push(fields) })
  for (let i = 0; i < 50; i++) room.enter(String(i))
  assert.deepEqual(lines, [{ connections: 1 }])
})

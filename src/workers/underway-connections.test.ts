import assert from 'node:assert/strict'
import type { ChildProcess } from 'node:child_process'
import { EventEmitter } from 'node:events'
import { test } from 'node:test'
import { UnderwayConnections } from './underway-connections.ts'

/** A worker as node:cluster sees it: what is sent to it, and what cluster hears of it. */
class Worker extends EventEmitter {
  readonly sent: unknown[] = []
  readonly heard: unknown[] = []
  /** What the cluster calls. */
  send = (message: unknown): boolean => this.sent.push(message) > 0

  constructor() {
    super()
    this.once('disconnect', () => this.heard.push('disconnect'))
    this.on('internalMessage', (message) => this.heard.push(message))
  }

  get child(): ChildProcess {
    return this as unknown as ChildProcess
  }
}

const connection = (seq: number) => ({ cmd: 'NODE_CLUSTER', act: 'newconn', key: 'a port', seq })

test('cluster forgets a worker at its exit; what it has not taken is refused in its name', () => {
  // Its exit can be told before the end of its pipe: cluster forgets it at neither, then.
  const worker = new Worker()
  const underway = new UnderwayConnections(worker.child)
  for (const seq of [1, 2, 3]) worker.send(connection(seq))
  worker.send({ cmd: 'NODE_CLUSTER', ack: 7 })
  worker.send([['note', 'settings', {}]])
  worker.emit('internalMessage', { cmd: 'NODE_CLUSTER', ack: 2, accepted: true })
  worker.heard.length = 0
  underway.forgetWorker()
  assert.deepEqual(worker.heard, ['disconnect'])
  underway.passOn()
  assert.deepEqual(worker.heard, [
    'disconnect',
    { cmd: 'NODE_CLUSTER', ack: 1, accepted: false },
    { cmd: 'NODE_CLUSTER', ack: 3, accepted: false },
  ])
  assert.equal(worker.sent.length, 5)
})

test('what it took is not passed on, though its word of that is heard after its exit', () => {
  const worker = new Worker()
  const underway = new UnderwayConnections(worker.child)
  worker.send(connection(1))
  underway.forgetWorker()
  worker.emit('internalMessage', { cmd: 'NODE_CLUSTER', ack: 1, accepted: true })
  worker.heard.length = 0
  underway.passOn()
  assert.deepEqual(worker.heard, [])
})

test('a worker that took all it was sent is forgotten alone', () => {
  const worker = new Worker()
  const underway = new UnderwayConnections(worker.child)
  worker.send(connection(1))
  worker.emit('internalMessage', { cmd: 'NODE_CLUSTER', ack: 1, accepted: true })
  worker.heard.length = 0
  underway.forgetWorker()
  underway.passOn()
  assert.deepEqual(worker.heard, ['disconnect'])
})

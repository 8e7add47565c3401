/**
 * The product on one host and its clients on another, each in a network namespace of its own, which long/lossy-network.ts
 * makes for this one; the line between them loses packets and delays them, and what is lost TCP has to send again.
 */
import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdir } from 'node:fs/promises'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import { setTimeout as delay } from 'node:timers/promises'
import { quotaIsTrue } from '../support/disk-truth.ts'
import { nothingIsLeft, stateOf } from '../support/process-state.ts'
import { startProduct } from '../support/product.ts'
import { openTransferClient, transferProtocols } from '../support/transfer-clients.ts'
import { PacketStream, TunInterface } from '../support/tun-interface.ts'
import { placeOf } from './crash-writers.ts'
import { farAddress, nearAddress } from './far-addresses.ts'

const [oneWayMs = '', lossShare = '', rounds = ''] = process.argv.slice(2)
const counts = { carried: 0, lost: 0 }

function carry(packet: Uint8Array, send: (packet: Uint8Array) => void): void {
  if (Math.random() < Number(lossShare)) counts.lost++
  else {
    counts.carried++
    setTimeout(() => send(packet), Number(oneWayMs))
  }
}

{
  using wire = new TunInterface(nearAddress, farAddress)
  await using product = await startProduct({ env: { LISTEN_HOST: '0.0.0.0', LOG_LEVEL: 'warn' } })
  await product.addUser('ann')
  await mkdir(product.homeOf('ann'), { recursive: true })
  // What is opened once and kept is no leak.
  for (const protocol of transferProtocols) {
    using near = await openTransferClient(protocol, placeOf(product), 'ann')
    await near.put('/warm', Buffer.from('warm'))
  }
  await delay(500)
  const quiet = await stateOf(product.pid)
  const httpUrl = product.httpUrl.replace('127.0.0.1', nearAddress)
  const place = JSON.stringify({ ...placeOf(product), httpUrl, host: nearAddress })
  const program = [process.execPath, join(import.meta.dirname, 'far-host.ts'), place, rounds]
  const far = spawn('unshare', ['--net', '--', ...program], { stdio: 'pipe' })
  const stream = new PacketStream()
  void wire.receive((packet) => carry(packet, (late) => far.stdin.write(late)))
  far.stdin.on('error', () => undefined)
  far.stdout.on('data', (bytes: Buffer) => {
    for (const packet of stream.take(bytes)) carry(Buffer.from(packet), (late) => wire.send(late))
  })
  const [told, [exitCode]] = await Promise.all([text(far.stderr), once(far, 'exit')])
  assert.equal(exitCode, 0, told)
  const { files } = JSON.parse(told) as { files: number }
  await nothingIsLeft(product, quiet, 180_000)
  await quotaIsTrue(product, 'ann')
  console.log(JSON.stringify({ files, ...counts }))
}

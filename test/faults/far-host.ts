/**
 * Clients on a host of their own, started by far-network.ts in a network namespace of its own: standard input and output
 * are the wire. Stores and fetches files over every protocol, each several times, and tells how many were right.
 */
import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { setTimeout as delay } from 'node:timers/promises'
import { openTransferClient, type TransferPlace, transferProtocols } from '../support/transfer-clients.ts'
import { PacketStream, TunInterface } from '../support/tun-interface.ts'
import { farAddress, nearAddress } from './far-addresses.ts'

const [placeText = '', rounds = ''] = process.argv.slice(2)
const place = JSON.parse(placeText) as TransferPlace
const content = randomBytes(200_000)
let files = 0
{
  using wire = new TunInterface(farAddress, nearAddress)
  const stream = new PacketStream()
  process.stdin.on('data', (bytes: Buffer) => {
    for (const packet of stream.take(bytes)) wire.send(packet)
  })
  void wire.receive((packet) => process.stdout.write(packet))
  await Promise.all(
    transferProtocols.map(async (protocol) => {
      using client = await openTransferClient(protocol, place, 'ann')
      for (let round = 0; round < Number(rounds); round++) {
        await client.put(`/${protocol}`, content)
        assert.ok((await client.get(`/${protocol}`)).equals(content), protocol)
        files += 2
      }
    }),
  )
  // The goodbyes cross the line as well, and some of them twice.
  await delay(5_000)
  process.stdin.destroy()
}
process.stderr.write(JSON.stringify({ files }))

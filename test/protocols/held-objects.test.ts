import assert from 'node:assert/strict'
import { test } from 'node:test'
import { setTimeout as delay } from 'node:timers/promises'
import { queryObjects } from 'node:v8'
import { Connection } from '../../src/core/connections/connection.ts'
import { Download } from '../../src/core/files/download.ts'
import { Upload } from '../../src/core/files/upload.ts'
import { DataConnection } from '../../src/protocols/ftp/data-connection.ts'
import { SshChannel } from '../../src/protocols/sftp/ssh-channel.ts'
import { AppWorld } from '../support/app-world.ts'
import { openTransferClient, transferProtocols } from '../support/transfer-clients.ts'

/** Whatever holds a session holds its Connection; one in the browser outlives its connections. */
const classes = {
  SFTP: [Upload, Download, Connection, SshChannel],
  FTP: [Upload, Download, Connection, DataConnection],
  FTPS: [Upload, Download, Connection, DataConnection],
  HTTP: [Upload, Download],
}

test('nothing of a session that was cut off is held in memory, nor of its transfers, over any protocol', async () => {
  await using world = await AppWorld.open()
  await world.addUser('ann')
  for (const protocol of transferProtocols) {
    for (let round = 0; round < 5; round++) {
      using client = await openTransferClient(protocol, world.place, 'ann')
      await client.put('/file', Buffer.alloc(100_000))
      await client.get('/file')
      await client.list('/')
      await assert.rejects(client.get('/missing'))
      await client.remove('/file')
    }
    // Well within the time that a client has to leave by itself.
    await delay(700)
    assert.deepEqual(classes[protocol].flatMap(held), [], protocol)
  }
})

function held(kind: { readonly name: string }): string[] {
  const count = queryObjects(kind as () => void, { format: 'count' })
  return count === 0 ? [] : [`${count} ${kind.name}`]
}

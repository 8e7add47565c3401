import assert from 'node:assert/strict'
import { readdir, readlink, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { test } from 'node:test'
import { setTimeout as delay } from 'node:timers/promises'
import { FieldWriter, packetType } from '../../src/protocols/sftp/sftp-codec.ts'
import { RawSftp } from '../support/sftp-world.ts'
import { connectSsh } from '../support/ssh-session.ts'
import { SshWorld } from '../support/ssh-world.ts'
import { waitUntil } from '../support/wait-until.ts'

const readBytes = 256 * 1024
/** Asked for at once: more than the client's window and what the server keeps ready behind it. */
const readCount = 40

test('a channel closed with READs and a CLOSE unanswered leaves no file open on a connection that goes on', async () => {
  await using world = await SshWorld.open()
  const { target, home } = await world.addUser()
  const path = join(home, 'file')
  await writeFile(path, Buffer.alloc(readBytes * readCount))
  using connection = await connectSsh(target)
  const sftp = await RawSftp.open(connection.client)
  const handle = await sftp.open('/file', 1)
  assert.equal(await timesOpen(world, path), 1)

  // From here on the client's window is not opened again.
  sftp.channel.pause()
  const reads = Array.from({ length: readCount }, (_, i) =>
    new FieldWriter(packetType.read)
      .uint32(100 + i)
      .uint32(4)
      .uint32(handle)
      .uint64(i * readBytes)
      .uint32(readBytes)
      .packet(),
  )
  const close = new FieldWriter(packetType.close).uint32(99).uint32(4).uint32(handle).packet()
  sftp.channel.write(Buffer.concat([...reads, close]))
  let bytes = 0
  await waitUntil('a server that has no room to read more', async () => {
    const before = bytes
    await delay(200)
    bytes = (await transfersOf(world))[0]?.size ?? 0
    return bytes > 0 && bytes === before
  })
  assert.ok(bytes < readBytes * readCount, `${bytes} bytes read`)

  sftp.channel.close()
  await waitUntil('no transfer', async () => (await transfersOf(world)).length === 0)
  assert.equal(await timesOpen(world, path), 0)
  const next = await RawSftp.open(connection.client)
  assert.equal(await next.close(await next.open('/file', 1)), 0)
  assert.ok(world.product.log.some((line) => line.includes('"msg":"download failed"')))
})

async function transfersOf(world: SshWorld): Promise<{ size: number }[]> {
  const { body } = await world.product.api('GET', '/connections')
  return (body as { active_transfers: { size: number }[] }[]).flatMap((one) => one.active_transfers)
}

async function timesOpen({ product }: SshWorld, path: string): Promise<number> {
  const directory = `/proc/${product.pid}/fd`
  const targets = await Promise.all(
    (await readdir(directory)).map((fd) => readlink(join(directory, fd)).catch(() => '')),
  )
  return targets.filter((target) => target === path).length
}

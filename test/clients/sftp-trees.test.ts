import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import {
  appendFile,
  chmod,
  mkdir,
  open,
  readdir,
  readlink,
  stat,
  symlink,
  truncate,
  writeFile,
} from 'node:fs/promises'
import { join } from 'node:path'
import { after, before, describe, test } from 'node:test'
import { curl } from '../support/clients/curl.ts'
import { lftp, runLftp } from '../support/clients/lftp.ts'
import type { FileClient, Target } from '../support/clients/file-client.ts'
import { opensshSftp, scp, sshOptions } from '../support/clients/openssh.ts'
import { rcloneFlags } from '../support/clients/rclone.ts'
import { type Outcome, runProgram } from '../support/run-program.ts'
import { runSftp } from '../support/ssh-programs.ts'
import { hashOf, SshWorld, stagedIn, treeOf } from '../support/ssh-world.ts'

const bigBytes = 2_200 * 1024 * 1024
const tailBytes = 300_000

describe('SFTP moves trees and large files', { concurrency: 2 }, () => {
  let world: SshWorld
  let tree: string
  before(async () => {
    world = await SshWorld.open()
    tree = join(world.scratch, 'tree')
    for (const directory of ['', 'a', 'a/b', 'with space', 'empty']) await mkdir(join(tree, directory))
    const places = ['', 'a', 'a/b', 'with space']
    for (let index = 0; index < 200; index++)
      await writeFile(join(tree, places[index % 4] ?? '', `file-${index}`), randomBytes((index * 97) % 9_000))
  })
  after(() => world[Symbol.asyncDispose]())

  test('lftp mirrors 200 files there and back, and again only what changed', async () => {
    const { target, home } = await world.addUser()
    const back = world.localName()
    ok(await runLftp(target, 'sftp', [`mirror -R -P 4 "${tree}" /tree`]))
    assert.deepEqual(await treeOf(join(home, 'tree')), await treeOf(tree))
    ok(await runLftp(target, 'sftp', [`mirror -P 4 /tree "${back}"`]))
    assert.deepEqual(await treeOf(back), await treeOf(tree))
    const again = ok(await runLftp(target, 'sftp', [`mirror -R -v "${tree}" /tree`]))
    assert.doesNotMatch(again.stdout, /Transferring file/)
    assert.deepEqual(await stagedIn(home), [])
  })

  test('lftp mirrors links as links, there and back', async () => {
    const { target, home } = await world.addUser()
    const back = world.localName()
    await mkdir(join(home, 'links', 'd'), { recursive: true })
    await writeFile(join(home, 'links', '.dot'), 'x')
    await symlink('../.dot', join(home, 'links', 'd', 'link'))
    ok(await runLftp(target, 'sftp', [`mirror /links "${back}"`]))
    assert.equal(await readlink(join(back, 'd', 'link')), '../.dot')
    ok(await runLftp(target, 'sftp', [`mirror -R "${back}" /again`]))
    assert.equal(await readlink(join(home, 'again', 'd', 'link')), '../.dot')
  })

  test('names with the spaces of Unicode pass rclone, with its hashes, and the old scp', async () => {
    const { target, home } = await world.addUser()
    const [local, back] = [world.localName(), world.localName()]
    const names = ['3.45.10\u202fPM.png', '写真\u3000一.jpg', 'nb\u00a0sp.txt', 'line\u2028end']
    for (const directory of [local, back]) await mkdir(directory)
    for (const name of names) await writeFile(join(local, name), name)
    const flags = await rcloneFlags(target, 'sftp')
    ok(await runProgram('rclone', ['copy', local, ':sftp:/by-rclone', ...flags]))
    assert.deepEqual(await treeOf(join(home, 'by-rclone')), await treeOf(local))
    await mkdir(join(home, 'by-scp'))
    const { put, get } = scp('-O')(target)
    for (const name of names) {
      ok(await put(join(local, name), `/by-scp/${name}`))
      ok(await get(`/by-scp/${name}`, join(back, name)))
    }
    assert.deepEqual(await treeOf(join(home, 'by-scp')), await treeOf(local))
    assert.deepEqual(await treeOf(back), await treeOf(local))
  })

  test('the old scp keeps modes and times with -p, where the user may set them', async () => {
    const source = world.localName()
    await mkdir(source)
    for (const mode of [0o600, 0o750]) await writeFile(join(source, mode.toString(8)), 'x', { mode })
    await chmod(source, 0o700)
    const send = async (options: Record<string, unknown>) => {
      const { target, home } = await world.addUser(options)
      const flags = [...sshOptions(target), '-O', '-r', '-p', '-P', String(target.port)]
      ok(await runProgram('scp', [...flags, source, `${target.username}@${target.host}:/kept`]))
      const modes = ['', '600', '750'].map(
        async (name) => (await stat(join(home, 'kept', name))).mode & 0o777,
      )
      return Promise.all(modes)
    }
    assert.deepEqual(await send({}), [0o700, 0o600, 0o750])
    const permissions = { '/': ['list', 'upload', 'create_dirs', 'chtimes'] }
    assert.deepEqual(await send({ permissions }), [0o755, 0o644, 0o644])
  })

  test('rclone copies 200 files, finds them equal by hash and copies them back', async () => {
    const { target, home } = await world.addUser()
    const flags = await rcloneFlags(target, 'sftp')
    const back = world.localName()
    const rclone = async (...args: string[]) =>
      ok(await runProgram('rclone', [...args, '--create-empty-src-dirs', ...flags]))
    await rclone('copy', tree, ':sftp:/tree')
    assert.deepEqual(await treeOf(join(home, 'tree')), await treeOf(tree))
    const check = await runProgram('rclone', ['check', tree, ':sftp:/tree', ...flags])
    assert.match(ok(check).stderr, /0 differences found/)
    assert.doesNotMatch(check.stderr, /hashes could not be checked/)
    await writeFile(join(home, 'tree', 'a', 'b', 'file-2'), 'changed behind its back')
    refused(await runProgram('rclone', ['check', tree, ':sftp:/tree', ...flags]))
    await rclone('sync', tree, ':sftp:/tree')
    await rclone('copy', ':sftp:/tree', back)
    assert.deepEqual(await treeOf(back), await treeOf(tree))
    assert.ok((await stat(join(home, 'tree', 'empty'))).isDirectory())
  })

  test('OpenSSH sftp puts and gets a tree with its times', async () => {
    const { target, home } = await world.addUser()
    const back = world.localName()
    ok(await runSftp(target, [`put -R -p "${tree}" /tree`, `get -R -p /tree "${back}"`]))
    assert.deepEqual(await treeOf(join(home, 'tree')), await treeOf(tree))
    assert.deepEqual(await treeOf(back), await treeOf(tree))
    const [sent, kept] = await Promise.all([stat(join(tree, 'file-0')), stat(join(home, 'tree', 'file-0'))])
    assert.equal(Math.floor(kept.mtimeMs / 1000), Math.floor(sent.mtimeMs / 1000))
  })

  const resumers: readonly (readonly [string, (target: Target) => FileClient])[] = [
    ['OpenSSH sftp', opensshSftp],
    ['lftp', lftp('sftp')],
    ['curl', curl('sftp')],
  ]
  for (const [name, makeClient] of resumers)
    test(`${name} goes on beyond 2 GiB, up and down`, async () => {
      const { target, home } = await world.addUser({ quota_size: bigBytes + tailBytes })
      const client = makeClient(target)
      const [local, remote] = [world.localName(), join(home, 'big')]
      for (const path of [local, remote]) {
        await writeFile(path, '')
        await truncate(path, bigBytes)
      }
      await appendFile(local, randomBytes(tailBytes))
      ok((await client.resumePut?.(local, '/big')) ?? missing)
      assert.equal((await stat(remote)).size, bigBytes + tailBytes)
      assert.deepEqual(await tailOf(remote), await tailOf(local))
      assert.ok((await stat(remote)).blocks * 512 < 10_000_000, 'the hole stays a hole')
      const back = world.localName()
      await writeFile(back, '')
      await truncate(back, bigBytes)
      ok((await client.resumeGet?.('/big', back)) ?? missing)
      assert.deepEqual(await tailOf(back), await tailOf(local))
    })

  test('16 sessions at once put and get whole files', async () => {
    const { target, home, username } = await world.addUser()
    const locals = await Promise.all(Array.from({ length: 16 }, () => world.localFile(1_500_000)))
    await Promise.all(
      locals.map(async (local, index) => {
        ok(await runSftp(target, [`put "${local}" /f${index}`, `get /f${index} "${local}.back"`]))
        assert.equal(await hashOf(join(home, `f${index}`)), await hashOf(local))
        assert.equal(await hashOf(`${local}.back`), await hashOf(local))
      }),
    )
    assert.deepEqual(await world.usedQuota(username), { size: 16 * 1_500_000, files: 16 })
  })

  test('folders below folders are one tree to the client and keep their own counters', async () => {
    const folder = async (name: string) => {
      const mapped_path = join(world.product.storagesDirectory, name)
      await mkdir(mapped_path, { recursive: true })
      assert.equal((await world.product.api('POST', '/folders', { name, mapped_path })).status, 201)
      return mapped_path
    }
    const [outer, inner] = [await folder('outer'), await folder('inner')]
    const mount = (name: string, virtual_path: string) => ({
      name,
      virtual_path,
      quota_size: 0,
      quota_files: 0,
    })
    const { target, home, username } = await world.addUser({
      virtual_folders: [mount('outer', '/shared/outer'), mount('inner', '/shared/outer/deep/inner')],
    })
    ok(
      await runSftp(target, [
        `put -R "${tree}" /home-tree`,
        `put -R "${tree}" /shared/outer/tree`,
        `put -R "${tree}" /shared/outer/deep/inner/tree`,
      ]),
    )
    assert.deepEqual(await treeOf(join(outer, 'tree')), await treeOf(tree))
    assert.deepEqual(await treeOf(join(inner, 'tree')), await treeOf(tree))
    assert.deepEqual(await readdir(home), ['home-tree'])
    const back = world.localName()
    ok(await runLftp(target, 'sftp', [`mirror / "${back}"`]))
    const expected = await treeOf(tree)
    for (const place of ['home-tree', 'shared/outer/tree', 'shared/outer/deep/inner/tree'])
      assert.deepEqual(await treeOf(join(back, place)), expected, place)
    for (const path of ['/shared', '/shared/outer', '/shared/outer/deep', '/shared/outer/deep/inner']) {
      refused(await runSftp(target, [`rename ${path} /elsewhere`]))
      refused(await runSftp(target, [`rmdir ${path}`]))
    }
    ok(await runSftp(target, ['rename /shared/outer/tree/file-0 /shared/outer/tree/moved']))
    assert.equal((await world.usedQuota(username)).files, 200)
    const { body } = await world.product.api('GET', '/folders/inner')
    assert.equal((body as { used_quota_files: number }).used_quota_files, 200)
  })
})

const missing: Outcome = { isOk: false, exitCode: null, stdout: '', stderr: 'the client cannot resume' }

function ok(outcome: Outcome): Outcome {
  assert.ok(outcome.isOk, `${outcome.exitCode}\n${outcome.stdout}\n${outcome.stderr}`)
  return outcome
}

function refused(outcome: Outcome): void {
  assert.ok(!outcome.isOk && outcome.exitCode !== null, `${outcome.stdout}\n${outcome.stderr}`)
}

async function tailOf(path: string): Promise<Buffer> {
  await using file = await open(path)
  const bytes = Buffer.alloc(tailBytes)
  await file.read(bytes, 0, tailBytes, bigBytes)
  return bytes
}

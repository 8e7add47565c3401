import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { lstat, mkdir, readdir, symlink, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { test } from 'node:test'
import { swapLinks } from '../support/link-swapper.ts'
import { connectSftp, type SftpConnection } from '../support/ssh-session.ts'
import { SshWorld } from '../support/ssh-world.ts'

const raceMs = 3_000
const secret = 'the secret outside, longer than anything inside'

test('SFTP clients reach nothing outside while directories and files turn into links under them', async () => {
  await using world = await SshWorld.open()
  const { home, target } = await world.addUser()
  const outside = join(world.directory, 'outside')
  for (const directory of ['top/inner', 'a/middle/inner'])
    await mkdir(join(home, directory), { recursive: true })
  await symlink(join('a', 'middle'), join(home, 'to-middle'))
  await mkdir(join(outside, 'inner', 'empty'), { recursive: true })
  for (const name of ['file', 'outsider', 'inner/file']) await writeFile(join(outside, name), secret)
  const before = await snapshot(outside)

  let isOver = false
  const swapping = swapLinks(home, outside, raceMs).finally(() => {
    isOver = true
  })
  const outcomes = { done: 0, refused: 0 }
  const sessions = await Promise.all(Array.from({ length: 4 }, () => connectSftp(target)))
  try {
    await Promise.all(
      sessions.flatMap((session) =>
        operations(session).map(async (operation) => {
          while (!isOver) {
            const isDone = await operation().then(
              () => true,
              (error: unknown) => {
                if (error instanceof assert.AssertionError) throw error
                return false
              },
            )
            outcomes[isDone ? 'done' : 'refused']++
          }
        }),
      ),
    )
  } finally {
    await swapping
    for (const session of sessions) session.destroy()
  }
  const swaps = await swapping
  assert.ok(swaps > 100, `only ${swaps} swaps`)
  assert.ok(outcomes.done > 100 && outcomes.refused > 100, JSON.stringify(outcomes))
  assert.deepEqual(await snapshot(outside), before)
})

/** What a client can do, on paths that are being swapped. */
function operations(session: SftpConnection): (() => Promise<unknown>)[] {
  return ['/top', '/a/middle', '/to-middle'].flatMap((directory) => [
    async () => assert.ok(!(await session.get(`${directory}/file`)).includes('secret')),
    async () => assert.ok(!(await session.list(directory)).includes('outsider')),
    async () => assert.notEqual((await session.stat(`${directory}/file`)).size, secret.length),
    () => session.put(`${directory}/file`, Buffer.from('inside')),
    () => session.put(`${directory}/new-${randomBytes(4).toString('hex')}`, Buffer.from('inside')),
    () => session.truncate(`${directory}/file`, 6),
    async () => {
      await session.makeDirectory(`${directory}/made`)
      await session.removeDirectory(`${directory}/made`)
    },
    () => session.remove(`${directory}/outsider`),
    () => session.removeDirectory(`${directory}/inner/empty`),
    () => session.rename(`${directory}/outsider`, '/stolen'),
    async () => {
      await session.symlink('file', `${directory}/link`)
      await session.remove(`${directory}/link`)
    },
  ])
}

/** All that an operation could change, as text. */
async function snapshot(directory: string): Promise<string[]> {
  const names = ['.', ...(await readdir(directory, { recursive: true })).sort()]
  return Promise.all(
    names.map(async (name) => {
      const { mode, size, mtimeNs, ctimeNs, nlink } = await lstat(join(directory, name), { bigint: true })
      return [name, mode, size, mtimeNs, ctimeNs, nlink].join(' ')
    }),
  )
}

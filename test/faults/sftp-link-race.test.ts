import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { lstat, mkdir, readdir, symlink, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { test } from 'node:test'
import { connectSftp, type SftpConnection } from '../support/ssh-session.ts'
import { SshWorld } from '../support/ssh-world.ts'

const raceMs = 3_000
const secret = 'the secret outside, longer than anything inside'

/** Runs in a process of its own: turns directories and a file into links to the outside and back, without a pause. */
const swapper = `
  const fs = require('node:fs')
  const [root, outside, forMs] = process.argv.slice(1)
  process.chdir(root)
  const until = Date.now() + Number(forMs)
  let swaps = 0
  const quietly = (work) => { try { work() } catch {} }
  const swap = (name, target) => {
    quietly(() => fs.renameSync(name, 'aside'))
    quietly(() => fs.symlinkSync(target, name))
    quietly(() => fs.unlinkSync(name))
    quietly(() => fs.renameSync('aside', name))
    swaps++
  }
  while (Date.now() < until) {
    swap('top', outside)
    swap('a/middle', outside)
    quietly(() => fs.symlinkSync(outside + '/file', 'link'))
    quietly(() => fs.renameSync('link', 'top/file'))
    quietly(() => fs.writeFileSync('plain', 'inside'))
    quietly(() => fs.renameSync('plain', 'top/file'))
  }
  process.stdout.write(String(swaps))
`

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

  const child = spawn(process.execPath, ['-e', swapper, home, outside, String(raceMs)], {
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  let swaps = ''
  child.stdout.setEncoding('utf8').on('data', (text: string) => (swaps += text))
  let isOver = false
  const ended = once(child, 'close').then(() => {
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
    child.kill()
    await ended
    for (const session of sessions) session.destroy()
  }
  assert.ok(Number(swaps) > 100, `only ${swaps} swaps`)
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

import assert from 'node:assert/strict'
import { mkdir, mkdtemp, readdir, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, test } from 'node:test'
import { type Product, startProduct } from '../support/product.ts'
import { ProductStart } from '../support/product-start.ts'
import { connectSftp } from '../support/ssh-session.ts'
import { stagedIn } from '../support/ssh-world.ts'
import { waitUntil } from '../support/wait-until.ts'

const half = Buffer.alloc(30_000, 7)
/** On a machine that has other things to do. */
const momentMs = 10_000
const waiting = '"msg":"directory is in use, waiting for its release"'

describe('a second start on the directory of one that runs', { concurrency: 2 }, () => {
  for (const workers of ['1', '2'])
    test(`ends with 1 and names it, and what the first receives is stored, WORKERS=${workers}`, async () => {
      await using directory = await directoryOfOwn()
      await using first = await startProduct({ directory: directory.path, env: { WORKERS: workers } })
      using upload = await UploadUnderWay.begin(first)
      const staged = await stagedIn(first.homeOf('ann'))
      using second = await ProductStart.begin(directory.path, { WORKERS: workers })
      const line = await second.line('"msg":"start failed"', 40_000)
      assert.ok(line.includes(`${join(directory.path, 'state')} is in use`), line)
      assert.equal(await second.end(momentMs), 1)
      assert.ok(!second.log.some((other) => other.includes('"msg":"ready"')))
      assert.deepEqual(await stagedIn(first.homeOf('ann')), staged)
      await upload.finish()
    })

  test('serves as soon as the first one, which was told to stop, has let its uploads end', async () => {
    await using directory = await directoryOfOwn()
    await using first = await startProduct({ directory: directory.path })
    using upload = await UploadUnderWay.begin(first)
    const stopped = first.stop()
    using second = await ProductStart.begin(directory.path)
    await second.line(waiting)
    assert.ok(!second.log.some((line) => line.includes('"msg":"ready"')))
    await upload.finish()
    assert.equal(await stopped, 0)
    await second.line('"msg":"ready"')
    second.kill('SIGTERM')
    assert.equal(await second.end(momentMs), 0)
  })

  test('that is told to stop while it waits ends at once with 0', async () => {
    await using directory = await directoryOfOwn()
    await using _first = await startProduct({ directory: directory.path })
    using second = await ProductStart.begin(directory.path)
    await second.line(waiting)
    const toldAt = performance.now()
    second.kill('SIGTERM')
    assert.equal(await second.end(momentMs), 0)
    assert.ok(performance.now() - toldAt < 5_000)
    assert.ok(!second.log.some((line) => line.includes('"msg":"start failed"')))
  })
})

class UploadUnderWay implements Disposable {
  readonly #session: Awaited<ReturnType<typeof connectSftp>>
  readonly #handle: Buffer
  readonly #file: string

  private constructor(session: Awaited<ReturnType<typeof connectSftp>>, handle: Buffer, file: string) {
    this.#session = session
    this.#handle = handle
    this.#file = file
  }

  /** Of a new user of `product`, half of it sent. */
  static async begin(product: Product): Promise<UploadUnderWay> {
    await product.addUser('ann')
    await mkdir(product.homeOf('ann'), { recursive: true })
    const target = { host: '127.0.0.1', port: product.sftpPort, username: 'ann', password: '', keyFile: '' }
    const session = await connectSftp(
      { ...target, hostKeyFingerprint: '', scratch: '' },
      { password: 'ann-password' },
    )
    const handle = await session.open('/slow', 'w')
    await session.write(handle, 0, half)
    await waitUntil('its staged file', async () => (await stagedIn(product.homeOf('ann'))).length === 1)
    return new UploadUnderWay(session, handle, join(product.homeOf('ann'), 'slow'))
  }

  /** Sends the rest. @throws unless the whole file is stored, and nothing beside it */
  async finish(): Promise<void> {
    await this.#session.write(this.#handle, half.length, half)
    await this.#session.close(this.#handle)
    assert.ok((await readFile(this.#file)).equals(Buffer.concat([half, half])))
    assert.deepEqual(await readdir(join(this.#file, '..')), ['slow'])
  }

  [Symbol.dispose](): void {
    this.#session.destroy()
  }
}

async function directoryOfOwn(): Promise<AsyncDisposable & { readonly path: string }> {
  const path = await mkdtemp(join(tmpdir(), 'data-directory-'))
  return { path, [Symbol.asyncDispose]: () => rm(path, { recursive: true, force: true }) }
}

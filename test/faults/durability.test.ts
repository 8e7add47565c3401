import assert from 'node:assert/strict'
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdir, mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { type Product, startProduct } from '../support/product.ts'
import { openHttpTransfers, openTransferClient, transferProtocols } from '../support/transfer-clients.ts'
import { waitUntil } from '../support/wait-until.ts'
import { placeOf } from './crash-writers.ts'

/** Only who may trace other processes can see the order of their system calls. */
const options = process.getuid?.() === 0 ? {} : { skip: 'needs the right to trace' }

test(
  'data, name and directory are on the disk before an upload is acknowledged, over every protocol',
  options,
  async (t) => {
    // Not in a file system of memory: there the product knows that nothing has to be made durable.
    const directory = await mkdtemp(join(tmpdir(), 'durability-'))
    try {
      await using product = await startProduct({ directory })
      await product.addUser('ann')
      await mkdir(product.homeOf('ann'), { recursive: true })
      const place = placeOf(product)
      const checked: string[] = []
      const prove = async (how: string, name: string, store: () => Promise<void>) => {
        const calls = await traced(product, join(directory, `${name}.trace`), store)
        checkOrder(calls, { how, home: product.homeOf('ann'), name })
        checked.push(how)
      }
      for (const protocol of transferProtocols) {
        using client = await openTransferClient(protocol, place, 'ann')
        const name = `${protocol}.bin`
        const put = (fill: number) => client.put(`/${name}`, Buffer.alloc(300_000, fill))
        await prove(`a new file over ${protocol}`, name, () => put(1))
        if (protocol === 'SFTP') await prove('an overwrite', name, () => put(2))
      }
      const http = await openHttpTransfers(place, 'ann')
      await prove('a text over HTTP', 'note.txt', () => http.saveText('/note.txt', 'a text'))
      t.diagnostic(`in order: ${checked.join(', ')}`)
    } finally {
      await rm(directory, { recursive: true, force: true })
    }
  },
)

interface SystemCall {
  readonly name: string
  readonly text: string
  /** Lines of the trace: where it began and where it returned. */
  readonly began: number
  readonly ended: number
}

/** All processes and threads of the product, from before `work` begins until it has ended. */
async function traced(product: Product, file: string, work: () => Promise<void>): Promise<SystemCall[]> {
  const calls =
    'fsync,fdatasync,rename,renameat,renameat2,link,linkat,write,writev,pwrite64,pwritev,sendto,sendmsg'
  const args = ['-f', '-yy', '-s', '160', '-e', `trace=${calls}`, '-o', file, '-p', String(product.pid)]
  const tracer = spawn('strace', args, { stdio: ['ignore', 'ignore', 'pipe'] })
  try {
    await attached(tracer)
    await work()
  } finally {
    const ended = once(tracer, 'exit')
    tracer.kill('SIGINT')
    await ended
  }
  return parseTrace(await readFile(file, 'utf8'))
}

async function attached(tracer: ChildProcess): Promise<void> {
  let words = ''
  tracer.stderr?.on('data', (chunk: Buffer) => (words += chunk.toString()))
  await waitUntil(`strace to attach`, () => {
    if (tracer.exitCode !== null) throw new Error(`strace: ${words}`)
    return /attached/.test(words)
  })
}

function parseTrace(trace: string): SystemCall[] {
  const found: SystemCall[] = []
  const unfinished = new Map<string, { name: string; text: string; began: number }>()
  for (const [index, line] of trace.split('\n').entries()) {
    const [, thread = '', text = ''] = /^(\d+)\s+(.*)$/.exec(line) ?? []
    const resumed = /^<\.\.\. \w+ resumed>(.*)$/.exec(text)
    if (resumed) {
      const begun = unfinished.get(thread)
      if (begun) found.push({ ...begun, text: begun.text + resumed[1], ended: index })
      unfinished.delete(thread)
      continue
    }
    const name = /^(\w+)\(/.exec(text)?.[1]
    if (name === undefined) continue
    if (text.endsWith('<unfinished ...>')) unfinished.set(thread, { name, text, began: index })
    else found.push({ name, text, began: index, ended: index })
  }
  return found.sort((one, other) => one.began - other.began)
}

function checkOrder(
  calls: readonly SystemCall[],
  { how, home, name }: { how: string; home: string; name: string },
): void {
  const only = (what: string, isIt: (call: SystemCall) => boolean): SystemCall => {
    const call = calls.findLast(isIt)
    assert.ok(call, `${how}: no ${what}\n${calls.map(({ text }) => text).join('\n')}`)
    assert.match(call.text, /= (0|\d+)( |$)/, `${how}: ${what} failed`)
    return call
  }
  const isSync = (call: SystemCall) => /^f(data)?sync$/.test(call.name)
  const stored = only('write of the bytes', (call) => /write/.test(call.name) && /\.part>/.test(call.text))
  const data = only('fsync of the file', (call) => isSync(call) && /\.part>/.test(call.text))
  const renamed = only('rename', (call) => /^(rename|link)/.test(call.name) && call.text.includes(name))
  const named = only('fsync of the directory', (call) => isSync(call) && call.text.includes(`<${home}>`))
  assert.ok(stored.ended < data.began, `${how}: bytes were written after their fsync`)
  assert.ok(data.ended < renamed.began, `${how}: renamed before the bytes were durable`)
  assert.ok(renamed.ended < named.began, `${how}: the directory was synced before the rename`)
  // The client sends nothing between its last byte and the answer: any other write to it would be an early OK.
  const sent = calls.filter(
    (call) => /^(write|writev|sendto|sendmsg)$/.test(call.name) && /<TCP:/.test(call.text),
  )
  const early = sent.filter((call) => call.began > data.began && call.began < named.ended)
  assert.deepEqual(
    early.map(({ text }) => text),
    [],
    `${how}: answered too early`,
  )
  assert.ok(
    sent.some((call) => call.began > named.ended),
    `${how}: no answer after the directory was durable`,
  )
}

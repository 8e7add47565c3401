import { readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import assert from 'node:assert/strict'
import type { Product } from '../support/product.ts'
import {
  openHttpTransfers,
  openTransferClient,
  type TransferClient,
  type TransferPlace,
} from '../support/transfer-clients.ts'

export const fileBytes = 150_000
/** Files that are there before and are overwritten again and again. */
export const originals = Array.from({ length: 10 }, (_, index) => `old-${index}`)

/** Each version of a file is one byte value all over, so that a mixture shows. */
export function version(number: number): Buffer {
  return Buffer.alloc(fileBytes, number)
}

/** What writers were told to be safe: a file, and at least which version of it. */
export type Acknowledged = Map<string, number>

/** A client that stores files until its server is gone or it is told to stop. */
export interface Writer {
  readonly how: string
  run(seen: Acknowledged, signal: AbortSignal): Promise<void>
  end(): void
}

/** Twenty: half of them overwrite an original each, half add files; over SFTP, FTPS and HTTP, by tus and in one request. */
export async function openWriters(product: Product, username: string): Promise<Writer[]> {
  const over = (protocol: 'SFTP' | 'FTPS' | 'HTTP', count: number) =>
    Array.from({ length: count }, () => openTransferClient(protocol, placeOf(product), username))
  const clients = await Promise.all([...over('SFTP', 7), ...over('FTPS', 6), ...over('HTTP', 4)])
  const files = clients.map((client, index) =>
    index % 2 === 0 ? overwriter(client, index) : adder(client, index),
  )
  const texts = await Promise.all(
    Array.from({ length: 3 }, (_, index) => textWriter(product, username, index)),
  )
  return [...files, ...texts]
}

export function placeOf(product: Product): TransferPlace {
  return { sftpPort: product.sftpPort, ftpPort: product.ftpPort, httpUrl: product.httpUrl }
}

function overwriter(client: TransferClient, index: number): Writer {
  const name = originals[index / 2] ?? ''
  return {
    how: `overwriting over ${client.protocol}`,
    run: (seen, signal) =>
      repeat(signal, async (number) => {
        await client.put(`/${name}`, version(number))
        seen.set(name, number)
      }),
    end: () => client[Symbol.dispose](),
  }
}

function adder(client: TransferClient, index: number): Writer {
  return {
    how: `adding over ${client.protocol}`,
    run: (seen, signal) =>
      repeat(signal, async (number) => {
        const name = `new-${index}-${number}`
        await client.put(`/${name}`, version(number))
        seen.set(name, number)
      }),
    end: () => client[Symbol.dispose](),
  }
}

async function textWriter(product: Product, username: string, index: number): Promise<Writer> {
  const client = await openHttpTransfers(placeOf(product), username)
  return {
    how: 'adding texts over HTTP',
    run: (seen, signal) =>
      repeat(signal, async (number) => {
        const name = `text-${index}-${number}`
        await client.saveText(`/${name}`, version(number).toString('latin1'))
        seen.set(name, number)
      }),
    end: () => {},
  }
}

/** Versions begin at 2, since 1 is the original, and end where a byte is no ASCII any more. */
async function repeat(signal: AbortSignal, store: (number: number) => Promise<void>): Promise<void> {
  try {
    for (let number = 2; number < 128 && !signal.aborted; number++) await store(number)
  } catch {
    // The server was killed; what it had acknowledged before is what counts.
  }
}

/** Every file is whole, none that was acknowledged is missing or old. @returns how many files were looked at */
export async function checkFiles(home: string, acknowledged: Acknowledged): Promise<number> {
  const names = (await readdir(home)).filter((name) => !name.endsWith('.part'))
  for (const name of names) {
    const bytes = await readFile(join(home, name))
    assert.equal(bytes.length, fileBytes, `${name} has another length`)
    assert.ok(bytes.equals(version(bytes[0] ?? 0)), `${name} is a mixture`)
  }
  for (const name of originals) assert.ok(names.includes(name), `${name} is missing`)
  for (const [name, number] of acknowledged) {
    const bytes = await readFile(join(home, name))
    // One more may have been renamed into place when the answer could not be given any more.
    assert.ok([number, number + 1].includes(bytes[0] ?? -1), `${name}: ${bytes[0]} after ${number}`)
  }
  return names.length
}

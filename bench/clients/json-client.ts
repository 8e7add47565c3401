import { readFile, rm } from 'node:fs/promises'
import { randomUUID } from 'node:crypto'
import { join } from 'node:path'
import { timeClient } from '../harness/client.ts'

/** Runs a client that takes JSON as its last argument and prints JSON. @throws with its words when it fails */
export async function askClient<Told>(
  program: string,
  script: string,
  given: Readonly<Record<string, unknown>>,
  scratch: string,
): Promise<Told> {
  const stdoutFile = join(scratch, `told-${randomUUID()}`)
  try {
    await timeClient(program, [script, JSON.stringify(given)], { stdoutFile })
    return JSON.parse(await readFile(stdoutFile, 'utf8')) as Told
  } finally {
    await rm(stdoutFile, { force: true })
  }
}

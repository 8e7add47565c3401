import { type ChildProcessByStdio, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdir } from 'node:fs/promises'
import { join } from 'node:path'
import type { Readable, Writable } from 'node:stream'
import { createInterface } from 'node:readline'
import type { ServerPlace, ServerUnderTest } from '../harness/row.ts'

/** A shell that runs zip(1) when it is told to: so it can be watched as servers are, with all that it starts. */
export class ZipShell implements ServerUnderTest {
  readonly name = 'zip'
  readonly home: string
  readonly #shell: ChildProcessByStdio<Writable, Readable, null>
  readonly #answers: AsyncIterator<string>

  constructor(home: string, shell: ChildProcessByStdio<Writable, Readable, null>) {
    this.home = home
    this.#shell = shell
    this.#answers = createInterface(shell.stdout)[Symbol.asyncIterator]()
  }

  get pid(): number {
    return this.#shell.pid ?? 0
  }

  /**
   * Writes a ZIP of what is in `name` to `target`, as if somebody were to read it while it is made.
   * @returns seconds @throws when zip fails
   */
  async archive(name: string, target: string, level: number): Promise<number> {
    const startedAt = performance.now()
    this.#shell.stdin.write(`zip -${level} -q -r - '${name}' > '${target}'; echo $?\n`)
    const { value } = (await this.#answers.next()) as { readonly value?: string }
    const seconds = (performance.now() - startedAt) / 1000
    if (value !== '0') throw new Error(`zip ended with ${value}`)
    return seconds
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const ended = once(this.#shell, 'exit')
    this.#shell.stdin.end()
    await ended
  }
}

export async function startZip({ directory }: ServerPlace): Promise<ZipShell> {
  const home = join(directory, 'home')
  await mkdir(home, { recursive: true })
  return new ZipShell(home, spawn('sh', [], { cwd: home, stdio: ['pipe', 'pipe', 'inherit'] }))
}

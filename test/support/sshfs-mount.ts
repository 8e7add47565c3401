import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdir, readFile } from 'node:fs/promises'
import type { Target } from './clients/file-client.ts'
import { sshOptions } from './clients/openssh.ts'
import { runProgram } from './run-program.ts'
import { waitUntil } from './wait-until.ts'

/** The user's files as a directory of this machine, until it is disposed. */
export class SshfsMount implements AsyncDisposable {
  readonly path: string
  readonly #child: ChildProcess

  private constructor(path: string, child: ChildProcess) {
    this.path = path
    this.#child = child
  }

  /** `options` of sshfs, e.g. '-s' to send requests in the order in which the kernel asks. */
  static async open(target: Target, path: string, options: readonly string[] = []): Promise<SshfsMount> {
    await mkdir(path)
    const flags = ['-f', ...options, '-p', String(target.port), ...sshOptions(target).slice(2)]
    const child = spawn('sshfs', [...flags, `${target.username}@${target.host}:/`, path], {
      stdio: ['ignore', 'ignore', 'pipe'],
    })
    let complaint = ''
    child.stderr.on('data', (chunk: Buffer) => (complaint += chunk.toString()))
    const mount = new SshfsMount(path, child)
    try {
      await waitUntil(`sshfs at ${path}`, async () => {
        if (child.exitCode !== null) throw new Error(`sshfs ended with ${child.exitCode}: ${complaint}`)
        return (await readFile('/proc/mounts', 'utf8')).includes(` ${path} fuse.sshfs `)
      })
      return mount
    } catch (error) {
      await mount[Symbol.asyncDispose]()
      throw error
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const hasEnded = () => this.#child.exitCode !== null || this.#child.signalCode !== null
    const exit = hasEnded() ? undefined : once(this.#child, 'exit')
    const { isOk } = await runProgram('fusermount3', ['-u', this.path], { timeoutMs: 5_000 })
    if (!isOk) await runProgram('fusermount3', ['-u', '-z', this.path], { timeoutMs: 5_000 })
    const timer = setTimeout(() => this.#child.kill('SIGKILL'), 5_000)
    await exit
    clearTimeout(timer)
  }
}

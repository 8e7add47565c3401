import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { ProtocolWorld } from '../contract/protocol.contract.ts'
import type { Target } from './clients/file-client.ts'
import { type ProductOptions, startProduct } from './product.ts'
import { runProgram } from './run-program.ts'
import { tcpPipe } from './tcp-pipe.ts'

/** Where the pipes listen: another address than the product's, so that the ports can be the same. */
const pipeHost = '127.0.0.3'

export interface ProtocolWorldOptions extends ProductOptions {
  /** Puts a pipe before every port: it closes both ways at once, and all clients come from one address. */
  readonly isPiped?: boolean
}

/** A running product and what its clients need: a key pair, the host key's fingerprint, a place for files. */
export async function openProtocolWorld(
  protocol: 'sftp' | 'ftp',
  options: ProtocolWorldOptions = {},
): Promise<ProtocolWorld> {
  await using stack = new AsyncDisposableStack()
  const scratch = await mkdtemp(join(tmpdir(), 'client-'))
  stack.defer(() => rm(scratch, { recursive: true, force: true }))
  const product = stack.use(await startProduct(options))
  const keyFile = join(scratch, 'id')
  for (const file of [keyFile, `${keyFile}-other`])
    await runProgram('ssh-keygen', ['-q', '-t', 'ed25519', '-N', '', '-f', file])
  const port = protocol === 'sftp' ? product.sftpPort : product.ftpPort
  if (options.isPiped)
    for (const piped of protocol === 'sftp' ? [port] : [port, ...product.passivePorts])
      stack.use(
        await tcpPipe({
          target: { host: '127.0.0.1', port: piped },
          listen: { host: pipeHost, port: piped },
          localAddress: '127.0.0.2',
        }),
      )
  const hostKeyFingerprint = protocol === 'sftp' ? await fingerprintOf(product.sftpPort) : ''
  const owned = stack.move()
  return {
    product,
    target: (username): Promise<Target> =>
      Promise.resolve({
        host: options.isPiped ? pipeHost : '127.0.0.1',
        port,
        username,
        password: `${username}-password`,
        keyFile,
        hostKeyFingerprint,
        scratch,
      }),
    [Symbol.asyncDispose]: () => owned.disposeAsync(),
  }
}

async function fingerprintOf(port: number): Promise<string> {
  const { stdout } = await runProgram('ssh-keyscan', ['-t', 'ed25519', '-p', String(port), '127.0.0.1'])
  const listed = await runProgram('ssh-keygen', ['-lf', '-'], { input: stdout })
  return /SHA256:[\w+/]+/.exec(listed.stdout)?.[0] ?? ''
}

import type { ClientCall } from '../harness/client.ts'
import type { FtpTarget } from './ftp-target.ts'

const stallSeconds = 30

/** curl(1), signed in with the password; with TLS on both connections if the target says so. */
function curlCall(target: FtpTarget, args: readonly string[], stdoutFile?: string): ClientCall {
  const tls = target.tls ? ['--ssl-reqd', '--tlsv1.3', '--insecure'] : []
  const patience = ['--speed-limit', '1', '--speed-time', String(stallSeconds)]
  const sign = ['--user', `${target.username}:${target.password}`]
  return {
    program: 'curl',
    args: ['--silent', '--show-error', ...tls, ...patience, ...sign, ...args],
    ...(stdoutFile !== undefined && { options: { stdoutFile } }),
  }
}

export function urlOf({ port }: FtpTarget, path: string): string {
  return `ftp://127.0.0.1:${port}/${path}`
}

/** Downloads to `local`; how many bytes came is in `sizeFile` afterwards. */
export function curlDownload(target: FtpTarget, remote: string, local: string, sizeFile: string): ClientCall {
  return curlCall(
    target,
    ['--output', local, '--write-out', '%{size_download}', urlOf(target, remote)],
    sizeFile,
  )
}

export function curlUpload(target: FtpTarget, local: string, remote: string): ClientCall {
  return curlCall(target, ['--upload-file', local, urlOf(target, remote)])
}

/** A listing as the server words it. */
export function curlList(
  target: FtpTarget,
  command: 'LIST' | 'MLSD',
  remote: string,
  output: string,
): ClientCall {
  return curlCall(target, ['--request', command, urlOf(target, `${remote}/`)], output)
}

/** One connection that does the same transfer again and again, `times` at most. */
export function curlAgain(
  target: FtpTarget,
  times: number,
  transfer: { readonly download: string } | { readonly upload: string; readonly to: string },
): ClientCall {
  const one =
    'download' in transfer
      ? ['--output', '/dev/null', urlOf(target, transfer.download)]
      : ['--upload-file', transfer.upload, urlOf(target, transfer.to)]
  return curlCall(target, Array.from({ length: times }, () => one).flat())
}

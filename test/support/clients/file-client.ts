import type { Outcome } from '../run-program.ts'

/** Where a client connects and as whom. */
export interface Target {
  readonly host: string
  readonly port: number
  readonly username: string
  readonly password: string
  /** A private key file for clients that are used with one. */
  readonly keyFile: string
  /** SHA256:… of the host key, for clients that insist. */
  readonly hostKeyFingerprint: string
  /** A directory for the client's own files. */
  readonly scratch: string
}

/** A real program that moves files, one run per call. Remote paths are absolute. */
export interface FileClient {
  put(local: string, remote: string): Promise<Outcome>
  get(remote: string, local: string): Promise<Outcome>
  /** Goes on with an upload whose first part is there. */
  resumePut?(local: string, remote: string): Promise<Outcome>
  resumeGet?(remote: string, local: string): Promise<Outcome>
  /** One name a line in stdout, somewhere in the line. */
  list(remote: string): Promise<Outcome>
  rename?(from: string, to: string): Promise<Outcome>
  remove?(remote: string): Promise<Outcome>
  makeDirectory?(remote: string): Promise<Outcome>
  removeDirectory?(remote: string): Promise<Outcome>
  /** Puts the file with its modification time. */
  putWithTime?(local: string, remote: string): Promise<Outcome>
}

export type MakeClient = (target: Target) => FileClient

/** Where a server listens. */
export interface Binding {
  readonly address: string
  readonly port: number
}

export interface SshStatus {
  readonly isActive: boolean
  readonly bindings: readonly Binding[]
  readonly hostKeys: readonly {
    readonly path: string
    /** 'SHA256:…', as OpenSSH shows it. */
    readonly fingerprint: string
    readonly algorithms: readonly string[]
  }[]
  /** What may be asked for over an exec channel. */
  readonly commands: readonly string[]
}

export interface FtpStatus {
  readonly isActive: boolean
  readonly bindings: readonly (Binding & { readonly tls: 'allowed' | 'required' | 'implicit' })[]
  readonly passivePorts: readonly number[]
  /** '' when clients are told the address they reached. */
  readonly passiveHost: string
}

export interface StorageStatus {
  readonly name: string
  readonly directory: string
  readonly isWritable: boolean
  /** Bytes; 0 when they are not known. */
  readonly freeBytes: number
  readonly totalBytes: number
  /** What is wrong, for people; '' when nothing is. */
  readonly error: string
}

export interface CertificateStatus {
  readonly host: string
  /** Milliseconds since the epoch. */
  readonly expiresAt: number
  readonly isSelfSigned: boolean
  readonly error: string
}

/** What an admin is shown of the server's health. Times are milliseconds since the epoch; errors are for people. */
export interface ServerStatus {
  readonly ssh: SshStatus
  readonly ftp: FtpStatus
  readonly http: {
    readonly isActive: boolean
    readonly bindings: readonly Binding[]
    readonly basePath: string
  }
  readonly database: {
    readonly isActive: boolean
    readonly driver: 'sqlite' | 'postgresql'
    readonly error: string
  }
  readonly platform: {
    readonly state: 'standalone' | 'connecting' | 'connected' | 'unreachable'
    readonly since: number
    readonly error: string
  }
  readonly storages: readonly StorageStatus[]
  readonly certificates: readonly CertificateStatus[]
}

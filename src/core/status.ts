/** Where a server listens. */
export interface Binding {
  readonly address: string
  readonly port: number
}

export interface HostKeyStatus {
  readonly path: string
  /** 'SHA256:…', as OpenSSH shows it. */
  readonly fingerprint: string
  readonly algorithms: readonly string[]
}

export interface SshStatus {
  readonly isActive: boolean
  readonly bindings: readonly Binding[]
  readonly hostKeys: readonly (HostKeyStatus & {
    /** Clients are told of it, and it is not used yet. */
    readonly next?: HostKeyStatus
  })[]
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

/** All that can be wrong with a certificate. */
export type CertificateProblem =
  | 'not-complete'
  | 'not-readable'
  | 'key-not-readable'
  | 'key-of-another'
  | 'not-servable'
  | 'certificate-missing'
  | 'key-missing'
  | 'files-unreadable'
  | 'files-gone'
  | 'expired'
  | 'not-valid-yet'
  | 'names-others'
  | 'self-signed'

export interface CertificateStatus {
  readonly host: string
  /** Milliseconds since the epoch. */
  readonly expiresAt: number
  readonly isSelfSigned: boolean
  readonly error: string
  /** The name of what `error` says. */
  readonly reason?: CertificateProblem | undefined
}

/** A storage that can be a user's home or folder, with what the platform says of it. */
export interface StorageSummary extends StorageStatus {
  readonly id: string
  readonly description: string
  /** Anybody on the web can read it; undefined when the platform could not be asked. */
  readonly isPublic: boolean | undefined
  /** The platform knows it; true also when it cannot be asked. */
  readonly isRegistered: boolean
}

/** The process itself, and the disk that holds the database and the host keys. */
export interface ProcessStatus {
  readonly version: string
  /** Milliseconds since the epoch. */
  readonly startedAt: number
  /** The same by the clock of the server: a browser's may be wrong. */
  readonly now: number
  /** Bytes of memory that the process holds. */
  readonly memoryBytes: number
  /** Uploads stop when less than this many bytes are left on their disk; 0 = never. */
  readonly minFreeBytes: number
  readonly dataDirectory: {
    readonly directory: string
    /** Bytes; 0 when they are not known. */
    readonly freeBytes: number
    readonly totalBytes: number
    readonly error: string
  }
}

/** A port as seen from outside, by connecting to the public host name. */
export interface PortStatus {
  readonly port: number
  readonly service: 'SFTP' | 'FTP' | 'FTP data'
  /** What the platform says of a proxy for this port; 'unknown' when it cannot be asked. */
  readonly proxy: 'enabled' | 'disabled' | 'missing' | 'unknown'
  /** 'other': something else is there. 'untested': no public host, or clients are being served there. */
  readonly state: 'reachable' | 'refused' | 'silent' | 'other' | 'untested'
}

export interface PortReport {
  /** Public host name; '' when there is none. */
  readonly host: string
  /** Milliseconds since the epoch. */
  readonly checkedAt: number
  readonly ports: readonly PortStatus[]
}

/** What an admin is shown of the server's health. Times are milliseconds since the epoch; errors are for people. */
export interface ServerStatus {
  readonly process: ProcessStatus
  readonly ssh: SshStatus
  readonly ftp: FtpStatus
  readonly http: {
    readonly isActive: boolean
    readonly bindings: readonly Binding[]
    readonly basePath: string
  }
  /** Processes that serve SFTP and FTP. */
  readonly workers: {
    readonly configured: number
    readonly running: number
    readonly restarts: number
    /** Of the restarts, those of processes that did not answer any more. */
    readonly hangs: number
  }
  readonly auditLog: {
    /** Records that wait for the database. */
    readonly queued: number
    /** Records that found the memory for them full. */
    readonly lost: number
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

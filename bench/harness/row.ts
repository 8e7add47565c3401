/** The programs that are measured beside the product; a row names those that can do its work. */
export type ServerName =
  | 'ours'
  | 'ours, 2 workers'
  | 'ours, 40 ports'
  | 'openssh'
  | 'proftpd'
  | 'proftpd, FTP'
  | 'vsftpd'
  | 'vsftpd without privilege separation'
  | 'pure-ftpd'
  | 'nginx'
  | 'zip'
  | 'ssh2 stock'
  | 'ftp-srv'
  | 'bare Node'

/** A server that runs, and the directory on this disk that its user signs in to. */
export interface ServerUnderTest extends AsyncDisposable {
  readonly name: ServerName
  /** This process and all that descend from it are the server. */
  readonly pid: number
  /** Filled and looked at by the row; what clients see as their start directory. */
  readonly home: string
  readonly sftpPort?: number
  readonly ftpPort?: number
  /** Where it cannot be that of the credentials: vsftpd's is `anonymous`. */
  readonly ftpUsername?: string
  readonly httpUrl?: string
  /** Prometheus metrics of the product. */
  readonly metricsUrl?: string
}

/** What a server is started with. */
export interface ServerPlace {
  /** Its own, in the storage that is measured; it is kept between starts. */
  readonly directory: string
  readonly credentials: Credentials
  /** Where the product is to leave a profile of each of its processes. */
  readonly profileDirectory?: string | undefined
}

export type StartServer = (place: ServerPlace) => Promise<ServerUnderTest>

/** How to sign in to any of them. */
export interface Credentials {
  /** The user this command runs as, since Debian's sshd knows those of the system alone. */
  readonly username: string
  /** Known to servers that keep users of their own. */
  readonly password: string
  /** Private key (ed25519), accepted by every SFTP server; `.pub` beside it. */
  readonly keyFile: string
}

export interface RowContext {
  readonly credentials: Credentials
  /** A directory for what clients read and write, on the same kind of disk as the servers' files. */
  readonly scratch: string
  /** 1 is the size that README shows; the curves run rows with others, 0.1 and 10 mostly. */
  readonly scale: number
  /** What arrived is compared byte by byte in this run, by its size in all others. */
  readonly verifiesContent: boolean
}

/** One run of one server. */
export interface RunResult {
  /** Of the work alone: not of preparing it. */
  readonly seconds: number
  /** Bytes of files that were moved, where CPU per GiB means something. */
  readonly bytes?: number
  /** Of a server that the harness cannot watch: a program that ran once, say. */
  readonly cpuSeconds?: number
}

/** What a row does not promise is left out. */
export interface Goals {
  /** At least: the best peer's seconds through ours. */
  readonly speed?: number
  /** At most: CPU seconds of our server through those of the best peer. */
  readonly cpu?: number
}

/** A workload that several servers do in turn, several times. */
export interface Row {
  /** For the command line: `sftp-small`. Rows with one prefix can be asked for together. */
  readonly name: string
  readonly title: string
  /** How the product runs here. Default: as it is delivered. */
  readonly ours?: 'ours' | 'ours, 2 workers'
  /** Beside ours; the fastest of them is what we are compared with. */
  readonly peers: readonly ServerName[]
  /** Shown, but not compared with: they run once. */
  readonly forTheRecord?: readonly ServerName[]
  readonly goals: Goals
  /** How often each server is asked; the median counts. Default: the command's. */
  readonly runs?: number
  /**
   * How often each server does the work before it counts: a server runs for weeks, and compiles what it runs through in its first
   * seconds. Default: twice.
   */
  readonly warmUps?: number
  /** Where it also makes sense on disk, where uploads are durable before they are acknowledged. */
  readonly alsoOnDisk?: boolean
  /** Is run at several scales as well, for the curve. */
  readonly hasCurve?: boolean
  /** Of the curve. Default: 0.1, 1 and 10. */
  readonly scales?: readonly number[]
  /** What one scale is made of, for the curve: GiB, or thousands of names. Default: 1 GiB. */
  readonly unit?: { readonly name: string; readonly count: number }
  /** Once per server and scale: files in `server.home`. */
  prepare(server: ServerUnderTest, context: RowContext): Promise<void>
  /** Before each run, untimed: what the last run left is gone. */
  reset?(server: ServerUnderTest, context: RowContext): Promise<void>
  /** @throws when the client fails or what arrived is not what was sent */
  run(server: ServerUnderTest, context: RowContext): Promise<RunResult>
}

/** What is no race between servers: it prints its own lines (memory, event-loop delay, start). */
export interface Measurement {
  readonly name: string
  readonly title: string
  measure(context: MeasurementContext): Promise<readonly MeasuredValue[]>
}

export interface MeasurementContext extends RowContext {
  /** `--long`: what takes minutes is measured in full. */
  readonly isLong: boolean
  /** Starts a server in a fresh directory; whoever asks ends it. */
  start(name: ServerName): Promise<ServerUnderTest>
}

export interface MeasuredValue {
  readonly title: string
  readonly value: number
  readonly unit: string
  /** At most, or at least, for the table's last column. */
  readonly goal?: { readonly atMost: number } | { readonly atLeast: number }
}

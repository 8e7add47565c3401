/** How one process of the server fares. */
export interface ProcessSample {
  /** Longest delay of the event loop since the sample before, in seconds: what was due then waited so long. */
  readonly loopDelay: number
  /** Bytes of memory that the process holds, and of them the JavaScript heap in use. */
  readonly memoryBytes: number
  readonly heapBytes: number
  /** Processor time since the process started, in seconds. */
  readonly cpuSeconds: number
}

/** A process that serves SFTP and FTP for the primary one. Numbers from 1; whoever takes its place has its number. */
export interface WorkerReport {
  readonly number: number
  readonly sessions: number
  /** Seconds since it was last heard of. */
  readonly silentSeconds: number
  /** Undefined until its first one came. */
  readonly sample: ProcessSample | undefined
}

/** Processes that serve SFTP and FTP. */
export interface WorkerCounts {
  readonly running: number
  /** Those that took the place of one that ended. */
  readonly restarts: number
  /** Those that were ended because they did not answer any more. */
  readonly hangs: number
  readonly reports: readonly WorkerReport[]
}

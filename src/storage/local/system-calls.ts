import { closeSync, constants } from 'node:fs'
import { createRequire } from 'node:module'
import { constants as os } from 'node:os'
import type * as koffi from 'koffi'
import type { DiskStats } from './disk-entry.ts'

/**
 * System calls that Node does not offer, each made at once, on the event loop: for what the kernel answers from
 * memory (AdaptiveDisk decides). They are for speed alone; what they do can be done without them. 64-bit Linux.
 */
export interface SystemCalls {
  /** lstat(2) of `name` in an open directory; undefined when it fails, for any other reason than that nothing is there. */
  statAt(directory: number, name: string): DiskStats | 'nothing' | undefined
  /**
   * open(2) that takes no symbolic link anywhere on the way; undefined when it fails, for whatever reason. Not there before Linux 5.6,
   * nor where a container may not ask for it.
   */
  readonly openWithoutLinks: ((path: string, flags: number) => number | undefined) | undefined
  /**
   * sendfile(2): `length` bytes of a file from `position`, without a copy here. Answers how many the socket took: 0 at the
   * end of the file, when the socket takes none now, or when it fails.
   */
  sendFile(socket: number, descriptor: number, position: number, length: number): number
}

type Function = (...args: readonly unknown[]) => number | bigint

const word = 2 ** 32
const noFollow = 0x100 // AT_SYMLINK_NOFOLLOW
const notThere = os.errno.ENOENT
const basicStats = 0x7ff // STATX_BASIC_STATS
const openat2Number = 437 // on x64 and arm64
const fromHere = -100 // AT_FDCWD
const closeOnExec = 0o2000000 // O_CLOEXEC, which Node sets by itself
const noSymlinks = 0x4 // RESOLVE_NO_SYMLINKS

/** Undefined where they cannot be had: another machine, or an install without optional packages. */
export const systemCalls: SystemCalls | undefined = load()

function load(): SystemCalls | undefined {
  if (process.platform !== 'linux' || !['x64', 'arm64'].includes(process.arch)) return undefined
  try {
    const { load, errno } = createRequire(import.meta.url)('koffi') as typeof koffi
    const libc = load(null)
    const declare = (prototype: string) => libc.func(prototype) as unknown as Function
    return {
      statAt: statAtBy(declare('int statx(int, const char *, int, unsigned int, void *)'), errno),
      openWithoutLinks: openBy(declare('long syscall(long, int, const char *, void *, size_t)')),
      sendFile: sendFileBy(declare('int64_t sendfile(int, int, void *, size_t)')),
    }
  } catch {
    return undefined
  }
}

/** statx(2), whose structure has the same places on all machines. */
function statAtBy(statx: Function, errno: () => number): SystemCalls['statAt'] {
  const buffer = new ArrayBuffer(256)
  const bytes = new Uint8Array(buffer)
  const unsigned = new Uint32Array(buffer)
  const signed = new Int32Array(buffer)
  const at = (offset: number): number => unsigned[offset / 4] as number
  const long = (offset: number): number => at(offset + 4) * word + at(offset)
  // As Node computes it, so that the same time is the same number.
  const time = (offset: number): number =>
    ((signed[offset / 4 + 1] as number) * word + at(offset)) * 1000 + at(offset + 8) / 1e6
  return (directory, name) => {
    if (statx(directory, name, noFollow, basicStats, bytes) !== 0)
      return errno() === notThere ? 'nothing' : undefined
    return {
      mode: at(28) & 0xffff,
      nlink: at(16),
      ino: long(32),
      size: long(40),
      atimeMs: time(64),
      ctimeMs: time(96),
      mtimeMs: time(112),
      dev: deviceNumber(at(136), at(140)),
    }
  }
}

/** makedev(3). */
function deviceNumber(major: number, minor: number): number {
  const low = ((major & 0xfff) << 8) | (minor & 0xff)
  const high = (minor & 0xfff00) * 2 ** 12 + Math.floor(major / 0x1000) * 2 ** 44
  return low + high
}

/** openat2(2), through syscall(2), as the C library knows it not. */
function openBy(syscall: Function): SystemCalls['openWithoutLinks'] {
  const how = Buffer.alloc(24)
  how.writeUInt32LE(noSymlinks, 16)
  const open = (path: string, flags: number): number | undefined => {
    how.writeUInt32LE((flags | closeOnExec) >>> 0, 0)
    const descriptor = Number(syscall(openat2Number, fromHere, path, how, how.length))
    return descriptor < 0 ? undefined : descriptor
  }
  const tried = open('/', constants.O_DIRECTORY)
  if (tried === undefined) return undefined
  closeSync(tried)
  return open
}

function sendFileBy(sendfile: Function): SystemCalls['sendFile'] {
  const offset = Buffer.alloc(8)
  return (socket, descriptor, position, length) => {
    offset.writeUInt32LE(position % word, 0)
    offset.writeUInt32LE(Math.floor(position / word), 4)
    return Math.max(0, Number(sendfile(socket, descriptor, offset, length)))
  }
}

import { readlinkSync } from 'node:fs'

/** By number, as this mount of /proc counts processes: the link 'self' would be followed in every call. */
const ownDescriptors = `/proc/${readlinkSync('/proc/self')}/fd`

/** The path under which the kernel takes an open descriptor for the object itself (proc_pid_fd(5)). */
export function descriptorPath(descriptor: number): string {
  return `${ownDescriptors}/${descriptor}`
}

/** The path of `name` in an open directory, which is how Node gets at openat(2) and kin. */
export function pathIn(directory: number, name: string): string {
  return `${ownDescriptors}/${directory}/${name}`
}

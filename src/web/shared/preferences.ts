/** What a browser remembers for its user. Storage can be refused to a frame; then nothing is remembered. */
export function readPreference(name: string): string | undefined {
  try {
    return localStorage.getItem(`sftpgo.${name}`) ?? undefined
  } catch {
    return undefined
  }
}

export function writePreference(name: string, value: string): void {
  try {
    localStorage.setItem(`sftpgo.${name}`, value)
  } catch {
    // See readPreference.
  }
}

export interface Credentials {
  readonly name: string
  readonly password: string
}

export interface CredentialsServer {
  readonly host: string
  readonly sftpPort: number
  readonly ftpPort: number
}

const columns = ['name', 'password', 'host', 'sftp_port', 'ftp_port'] as const

/** RFC 4180, with lines that end in CRLF; a port of 0 is left empty. */
export function credentialsCsv(made: readonly Credentials[], server: CredentialsServer): string {
  const port = (value: number) => (value === 0 ? '' : String(value))
  const rows = made.map(({ name, password }) => [
    name,
    password,
    server.host,
    port(server.sftpPort),
    port(server.ftpPort),
  ])
  return [columns, ...rows].map((row) => `${row.map(csvField).join(',')}\r\n`).join('')
}

/** Spreadsheets take what begins so for a formula: an apostrophe makes it text. */
function csvField(text: string): string {
  const safe = /^[=+\-@\t\r]/.test(text) ? `'${text}` : text
  return /[",\r\n]/.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe
}

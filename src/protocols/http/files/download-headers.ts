import type { FastifyReply } from 'fastify'

/**
 * What users uploaded is theirs, not ours: whatever it is, a browser is told to save it and to render nothing of it,
 * for it would run in the origin of the console.
 */
export function setDownloadHeaders(
  reply: FastifyReply,
  name: string,
  contentType = 'application/octet-stream',
): void {
  void reply
    .header('Content-Type', contentType)
    .header('Content-Disposition', contentDisposition(name))
    .header('Content-Security-Policy', "default-src 'none'; sandbox")
}

/** RFC 6266, with the name in RFC 8187's encoding and, for old clients, in the ASCII that is in it. */
export function contentDisposition(name: string): string {
  const harmless = harmlessName(name)
  const ascii = harmless.replaceAll(/[^ -~]|["\\%]/g, '_')
  const encoded = encodeURIComponent(harmless).replaceAll(
    /['()*]/g,
    (character) => `%${character.charCodeAt(0).toString(16).toUpperCase()}`,
  )
  return `attachment; filename="${ascii}"; filename*=UTF-8''${encoded}`
}

/** Without what could break a header, name a directory, or make a name read other than it is. */
export function harmlessName(name: string): string {
  return name.toWellFormed().replaceAll(/[/\\\p{Cc}\p{Bidi_Control}\p{Zl}\p{Zp}]/gu, '_')
}

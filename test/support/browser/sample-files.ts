import { crc32, deflateSync } from 'node:zlib'

/** An image of a colour that changes from corner to corner. */
export function samplePng(width: number, height: number): Buffer {
  const rows = Buffer.alloc((width * 3 + 1) * height)
  for (let y = 0; y < height; y++)
    for (let x = 0; x < width; x++) {
      const at = y * (width * 3 + 1) + 1 + x * 3
      rows[at] = (x * 255) / width
      rows[at + 1] = (y * 255) / height
      rows[at + 2] = 128
    }
  const header = Buffer.alloc(13)
  header.writeUInt32BE(width, 0)
  header.writeUInt32BE(height, 4)
  // Eight bits for each of three colours.
  header[8] = 8
  header[9] = 2
  const signature = Buffer.from('89504e470d0a1a0a', 'hex')
  return Buffer.concat([
    signature,
    pngChunk('IHDR', header),
    pngChunk('IDAT', deflateSync(rows)),
    pngChunk('IEND', Buffer.alloc(0)),
  ])
}

function pngChunk(type: string, data: Buffer): Buffer {
  const body = Buffer.concat([Buffer.from(type), data])
  const [length, sum] = [Buffer.alloc(4), Buffer.alloc(4)]
  length.writeUInt32BE(data.length)
  sum.writeUInt32BE(crc32(body))
  return Buffer.concat([length, body, sum])
}

/** A document with a line of text on each of its pages. */
export function samplePdf(pages: number): string {
  const numbers = Array.from({ length: pages }, (_, at) => at)
  const kids = numbers.map((at) => `${4 + at * 2} 0 R`).join(' ')
  const objects = numbers.map((at) => {
    const text = `BT /F1 24 Tf 40 300 Td (Page ${at + 1}) Tj ET`
    return (
      `${4 + at * 2} 0 obj<</Type/Page/Parent 2 0 R/MediaBox[0 0 300 400]/Contents ${5 + at * 2} 0 R` +
      `/Resources<</Font<</F1 3 0 R>>>>>>endobj\n` +
      `${5 + at * 2} 0 obj<</Length ${text.length}>>stream\n${text}\nendstream endobj\n`
    )
  })
  return (
    '%PDF-1.4\n1 0 obj<</Type/Catalog/Pages 2 0 R>>endobj\n' +
    `2 0 obj<</Type/Pages/Kids[${kids}]/Count ${pages}>>endobj\n` +
    '3 0 obj<</Type/Font/Subtype/Type1/BaseFont/Helvetica>>endobj\n' +
    `${objects.join('')}trailer<</Root 1 0 R>>\n`
  )
}

/**
 * FTP with nothing to it: no check of anything, no rule, no record, no sync, files in one synchronous call, one client
 * at a time and passive mode alone. It shows what Node itself takes for a row; only as complete as the rows that it runs
 * for the record. Argument: JSON with `root`; tells its port as JSON.
 */
import fs from 'node:fs'
import { type AddressInfo, createServer, type Socket } from 'node:net'
import { join } from 'node:path'

const { root } = JSON.parse(process.argv[2] ?? '') as { readonly root: string }

/** The data connection that is there, or who waits for it. */
let connected: Socket | undefined
let awaited: ((socket: Socket) => void) | undefined

const dataServer = createServer({ noDelay: true, allowHalfOpen: true }, (socket) => {
  socket.on('error', () => {})
  if (awaited) awaited(socket)
  else connected = socket
  awaited = undefined
})

function withData(use: (socket: Socket) => void): void {
  if (connected) use(connected)
  else awaited = use
  connected = undefined
}

const directories = new WeakMap<Socket, string>()

const controlServer = createServer({ noDelay: true }, (control) => {
  let rest = ''
  directories.set(control, root)
  control.on('error', () => {}).write('220 Ready\r\n')
  control.on('data', (chunk) => {
    const lines = (rest + chunk.toString('latin1')).split('\r\n')
    rest = lines.pop() ?? ''
    for (const line of lines) answer(control, line)
  })
})

function answer(control: Socket, line: string): void {
  const [verb = '', path = ''] = line.split(' ', 2)
  const reply = (text: string) => void control.write(`${text}\r\n`)
  const file = join(directories.get(control) ?? root, path)
  switch (verb.toUpperCase()) {
    case 'USER':
      return reply('331 Password?')
    case 'PASS':
      return reply('230 Welcome')
    case 'TYPE':
      return reply('200 Done')
    case 'CWD':
      directories.set(control, file)
      return reply('250 Done')
    case 'EPSV':
      return reply(`229 Passive (|||${portOf(dataServer.address())}|)`)
    case 'PASV': {
      const port = portOf(dataServer.address())
      return reply(`227 Passive (127,0,0,1,${port >> 8},${port & 255})`)
    }
    case 'RETR':
      return withData((socket) => {
        reply('150 Here it comes')
        socket.resume().end(fs.readFileSync(file), () => reply('226 Done'))
      })
    case 'STOR':
      return withData((socket) => {
        reply('150 Go on')
        receive(socket, file, () => reply('226 Done'))
      })
    case 'QUIT':
      return void control.end('221 Bye\r\n')
    default:
      return reply('502 Not here')
  }
}

function receive(socket: Socket, path: string, onEnd: () => void): void {
  const file = fs.openSync(path, 'w')
  socket.on('data', (chunk) => fs.writeSync(file, chunk))
  socket.on('end', () => {
    fs.closeSync(file)
    socket.end()
    onEnd()
  })
}

function portOf(address: AddressInfo | string | null): number {
  return (address as AddressInfo).port
}

dataServer.listen(0, '127.0.0.1', () => {
  controlServer.listen(0, '127.0.0.1', () => {
    console.log(JSON.stringify({ port: portOf(controlServer.address()) }))
  })
})

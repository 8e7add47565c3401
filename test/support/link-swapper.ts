import { spawn } from 'node:child_process'
import { once } from 'node:events'

/** Runs in a process of its own: turns directories and a file into links to the outside and back, without a pause. */
const swapper = `
  const fs = require('node:fs')
  const [root, outside, forMs] = process.argv.slice(1)
  process.chdir(root)
  const until = Date.now() + Number(forMs)
  let swaps = 0
  const quietly = (work) => { try { work() } catch {} }
  const swap = (name, target) => {
    quietly(() => fs.renameSync(name, 'aside'))
    quietly(() => fs.symlinkSync(target, name))
    quietly(() => fs.unlinkSync(name))
    quietly(() => fs.renameSync('aside', name))
    swaps++
  }
  while (Date.now() < until) {
    swap('top', outside)
    swap('a/middle', outside)
    swap('turned', outside + '/inner')
    quietly(() => fs.symlinkSync(outside + '/file', 'link'))
    quietly(() => fs.renameSync('link', 'top/file'))
    quietly(() => fs.writeFileSync('plain', 'inside'))
    quietly(() => fs.renameSync('plain', 'top/file'))
  }
  process.stdout.write(String(swaps))
`

/**
 * For `forMs` milliseconds turns `top`, `a/middle` and `turned` in `root` into links to `outside` and back, and `top/file` into one.
 * Answers how often, when it has ended.
 */
export async function swapLinks(root: string, outside: string, forMs: number): Promise<number> {
  const child = spawn(process.execPath, ['-e', swapper, root, outside, String(forMs)], {
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  let swaps = ''
  child.stdout.setEncoding('utf8').on('data', (text: string) => (swaps += text))
  await once(child, 'close')
  return Number(swaps)
}

import { createHash } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { brotliCompress, constants, gzip as compressGzip } from 'node:zlib'
import { defineConfig, type Plugin } from 'vite'

const root = import.meta.dirname
const [gzip, brotli] = [promisify(compressGzip), promisify(brotliCompress)]

/** A small script that runs before anything is painted, so that a chosen theme does not flash. */
function blockingTheme(): Plugin {
  const source = readFileSync(join(root, 'shared/boot-theme.js'), 'utf8')
  const fileName = `assets/theme-${createHash('sha256').update(source).digest('base64url').slice(0, 8)}.js`
  return {
    name: 'blocking-theme',
    generateBundle() {
      this.emitFile({ type: 'asset', fileName, source })
    },
    transformIndexHtml: () => [
      { tag: 'script', attrs: { src: `./${fileName}` }, injectTo: 'head-prepend' as const },
    ],
  }
}

/** The best that brotli can do takes seconds on a large library; this is nearly as small. */
const brotliQuality = 9

/** What is served over and over is compressed once. */
function precompress(): Plugin {
  return {
    name: 'precompress',
    enforce: 'post',
    generateBundle: {
      order: 'post',
      async handler(_options, bundle) {
        const texts = Object.entries(bundle).filter(([fileName]) => /\.(js|mjs|css|html|svg)$/.test(fileName))
        await Promise.all(
          texts.map(async ([fileName, output]) => {
            const source = Buffer.from(output.type === 'chunk' ? output.code : output.source)
            const params = { [constants.BROTLI_PARAM_QUALITY]: brotliQuality }
            const [gz, br] = await Promise.all([gzip(source, { level: 9 }), brotli(source, { params })])
            this.emitFile({ type: 'asset', fileName: `${fileName}.gz`, source: gz })
            this.emitFile({ type: 'asset', fileName: `${fileName}.br`, source: br })
          }),
        )
      },
    },
  }
}

/** Two entries, WebAdmin and WebClient; addresses are relative, so that they work below any base path. */
export default defineConfig({
  root,
  base: './',
  publicDir: 'public',
  resolve: {
    alias: { react: 'preact/compat', 'react-dom': 'preact/compat' },
  },
  oxc: { jsx: { runtime: 'automatic', importSource: 'preact' } },
  worker: { format: 'es' },
  plugins: [blockingTheme(), precompress()],
  build: {
    outDir: '../../build/web',
    emptyOutDir: true,
    target: 'es2022',
    modulePreload: { polyfill: false },
    assetsInlineLimit: 0,
    chunkSizeWarningLimit: 1024,
    rolldownOptions: {
      input: { admin: join(root, 'admin.html'), client: join(root, 'client.html') },
      checks: { bundlerTimings: false },
    },
  },
})

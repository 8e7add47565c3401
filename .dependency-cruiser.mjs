/** The dependency rule: core imports only core; everything else may import core but not its siblings; only
 *  what lies in src itself, app.ts and worker-app.ts above all, imports everything. Each rule names its reason, so
 *  that a refusal explains itself. */
const sibling = (from, to, comment, name) => ({
  name,
  comment,
  severity: 'error',
  from: { path: `^src/${from}/`, pathNot: '\\.test\\.ts$' },
  to: { path: to },
})

const library = (name, home) => ({
  name: `${name}-has-one-home`,
  comment: `${name} is used from ${home} alone, so that replacing it touches one folder.`,
  severity: 'error',
  from: { path: '^src/', pathNot: [`^src/${home}`, '\\.test\\.ts$'] },
  to: { path: `node_modules/${name}/` },
})

export default {
  forbidden: [
    {
      name: 'no-circular',
      comment: 'A cycle means two files are one thing in disguise.',
      severity: 'error',
      from: { path: '^src/' },
      to: { circular: true, viaOnly: { dependencyTypesNot: ['type-only'] } },
    },
    {
      name: 'core-imports-only-core',
      comment:
        'The rules know no wire, disk or SQL; what core needs from outside it declares as an interface.',
      severity: 'error',
      from: { path: '^src/core/', pathNot: '\\.test\\.ts$' },
      to: { pathNot: ['^src/core/'], dependencyTypesNot: ['core'] },
    },
    {
      name: 'core-uses-few-node-modules',
      comment: 'Core may use crypto, events, path, stream and buffer; the rest are borders.',
      severity: 'error',
      from: { path: '^src/core/', pathNot: '\\.test\\.ts$' },
      to: { dependencyTypes: ['core'], pathNot: '^(node:)?(crypto|events|path|stream|buffer)(/|$)' },
    },
    {
      name: 'contract-is-for-both-sides',
      comment: 'The browser imports contract; server code must never come along.',
      severity: 'error',
      from: { path: '^src/contract/' },
      to: { path: '^src/(?!contract/)' },
    },
    ...['sftp', 'ftp', 'http'].map((protocol) => ({
      name: `${protocol}-knows-no-other-protocol`,
      comment: 'A protocol reaches files through core alone; what two protocols share belongs in core.',
      severity: 'error',
      from: { path: `^src/protocols/${protocol}/`, pathNot: '\\.test\\.ts$' },
      to: {
        path: '^src/',
        pathNot: [
          '^src/core/',
          '^src/tls/',
          `^src/protocols/${protocol}/`,
          '^src/protocols/(listen-backlog|listen-error|protocol-server|proxy-header|see-off|sign-in-places|take-handle)\\.ts$',
          ...(protocol === 'http' ? ['^src/contract/'] : []),
        ],
      },
    })),
    sibling(
      'storage',
      '^src/(?!core/|storage/)',
      'A storage backend knows core’s interface only.',
      'storage-knows-core-only',
    ),
    sibling(
      'database',
      '^src/(?!core/|database/)',
      'Rows know core’s types only.',
      'database-knows-core-only',
    ),
    sibling(
      'platform',
      '^src/(?!core/|platform/)',
      'The Thinger.io client knows core only.',
      'platform-knows-core-only',
    ),
    sibling('tls', '^src/(?!core/|tls/)', 'Certificates know core only.', 'tls-knows-core-only'),
    sibling(
      'config',
      '^src/(?!core/|config/)',
      'Configuration holds values, no behaviour.',
      'config-has-no-behaviour',
    ),
    sibling(
      'workers',
      '^src/(?!core/|workers/|protocols/ftp/(passive-(claim|ports)|tls-owners)\\.ts$)',
      'What processes tell each other is core’s, and of FTP the passive ports that a machine has once.',
      'workers-know-core-and-passive-ports',
    ),
    {
      name: 'only-the-root-builds-the-app',
      comment:
        'app.ts and worker-app.ts are the composition roots; main.ts and worker-main.ts alone may import them.',
      severity: 'error',
      from: { path: '^src/', pathNot: '^src/(main|worker-main)\\.ts$' },
      to: { path: '^src/(app|main|worker-app|worker-main)\\.ts$', dependencyTypesNot: ['type-only'] },
    },
    {
      name: 'one-process-loads-no-cluster',
      comment: 'WORKERS=1 costs nothing: the pool is loaded when it is needed.',
      severity: 'error',
      from: { path: '^src/', pathNot: '^src/workers/' },
      to: {
        path: '^src/workers/worker-(pool|process)\\.ts$',
        dependencyTypesNot: ['type-only', 'dynamic-import'],
      },
    },
    {
      name: 'web-knows-the-contract-alone',
      comment: 'What the browser loads holds no server code; the contract is its only tie to the server.',
      severity: 'error',
      from: { path: '^src/web/', pathNot: '\\.test\\.ts$' },
      to: { path: '^src/(?!web/|contract/)' },
    },
    {
      name: 'web-takes-types-from-the-contract',
      comment: 'The schemas would bring their library into the browser; pages.ts holds plain values.',
      severity: 'error',
      from: { path: '^src/web/', pathNot: '\\.test\\.ts$' },
      to: { path: '^src/contract/(?!pages\\.ts)', dependencyTypesNot: ['type-only'] },
    },
    {
      name: 'web-apps-are-apart',
      comment: 'Admins and users load nothing of each other; what both need lies in shared.',
      severity: 'error',
      from: { path: '^src/web/(admin|client)/' },
      to: { path: '^src/web/(admin|client)/', pathNot: '^src/web/$1/' },
    },
    {
      name: 'web-shared-knows-no-app',
      comment: 'What both apps use cannot lean on one of them.',
      severity: 'error',
      from: { path: '^src/web/shared/' },
      to: { path: '^src/web/(admin|client)/' },
    },
    {
      name: 'server-knows-no-page',
      comment: 'Pages are built apart; the server sends files.',
      severity: 'error',
      from: { path: '^src/(?!web/)' },
      to: { path: '^src/web/' },
    },
    library('ssh2', 'protocols/sftp/'),
    library('@tus/server', 'protocols/http/'),
    ...['preact', '@tanstack/virtual-core', 'tus-js-client', 'uqr', 'pdfjs-dist', 'papaparse'].map((name) =>
      library(name, 'web/'),
    ),
    library('fastify', 'protocols/http/'),
    library('kysely', 'database/'),
    library('pg', 'database/'),
    library('axios', 'platform/'),
    library('chokidar', 'tls/'),
    {
      name: 'fs-stays-at-the-border',
      comment: 'Files are reached through Storage; only these folders touch the disk.',
      severity: 'error',
      from: {
        path: '^src/',
        pathNot: [
          '\\.test\\.ts$',
          '^src/(storage|tls|config|platform|database)/',
          // Standard output, which is the log's.
          '^src/log/',
          '^src/protocols/sftp/host-keys\\.ts$',
          '^src/(app|main)\\.ts$',
          '^src/web/vite\\.config\\.ts$',
        ],
      },
      to: { dependencyTypes: ['core'], path: '^(node:)?fs(/|$)' },
    },
    {
      name: 'tests-are-not-imported',
      comment: 'Production code never leans on a test.',
      severity: 'error',
      from: { path: '^src/', pathNot: '\\.test\\.ts$' },
      to: { path: '\\.test\\.ts$|^test/' },
    },
  ],
  options: {
    doNotFollow: { path: 'node_modules' },
    tsPreCompilationDeps: true,
    tsConfig: { fileName: 'tsconfig.json' },
    enhancedResolveOptions: {
      exportsFields: ['exports'],
      conditionNames: ['import', 'node', 'types', 'default'],
    },
  },
}

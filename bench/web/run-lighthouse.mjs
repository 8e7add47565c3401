/** One run of Lighthouse in the browser that listens on `port`. Prints a line of JSON. */
import lighthouse from 'lighthouse'
import desktopConfig from 'lighthouse/core/config/desktop-config.js'

const { url, port, preset } = JSON.parse(process.argv[2] ?? '{}')
const flags = {
  port,
  output: 'json',
  logLevel: 'error',
  onlyCategories: ['performance', 'accessibility', 'best-practices'],
}
const result = await lighthouse(url, flags, preset === 'desktop' ? desktopConfig : undefined)
if (!result) throw new Error('Lighthouse has no result')
const { lhr, artifacts } = result
const score = (category) => Math.round((lhr.categories[category]?.score ?? 0) * 100)
const value = (audit) => lhr.audits[audit]?.numericValue ?? 0
const judged = ['accessibility', 'best-practices'].flatMap((category) => lhr.categories[category].auditRefs)
const faults = judged
  .filter(({ id, weight }) => weight > 0 && (lhr.audits[id].score ?? 1) < 1)
  .map(({ id }) => `${id}: ${lhr.audits[id].title}`)

console.log(
  JSON.stringify({
    landedOn: lhr.finalDisplayedUrl,
    error: lhr.runtimeError?.message ?? '',
    asksForPassword: artifacts.Inputs?.inputs.some(({ type }) => type === 'password') ?? false,
    performance: score('performance'),
    accessibility: score('accessibility'),
    bestPractices: score('best-practices'),
    firstPaintMs: value('first-contentful-paint'),
    largestPaintMs: value('largest-contentful-paint'),
    blockedMs: value('total-blocking-time'),
    shift: value('cumulative-layout-shift'),
    transferredBytes: value('total-byte-weight'),
    faults,
  }),
)

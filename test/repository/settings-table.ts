import { type Setting, settings } from '../../src/config/settings.ts'

/** The settings as README.md shows them, one table row each. */
export function settingsTable(): string {
  const code = (value: string) => (value === '' ? '' : `\`${value}\``)
  const rows = settings.map(({ name, container, clone, description, ...rest }: Setting) => {
    const inContainer = rest.fromPlatform ? 'set by the platform' : code(container)
    return `| \`${name}\` | ${inContainer} | ${code(clone)} | ${description} |`
  })
  return [
    '| Setting | In the container | From a clone | Meaning |',
    '| --- | --- | --- | --- |',
    ...rows,
  ].join('\n')
}

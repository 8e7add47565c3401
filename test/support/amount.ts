/**
 * How many rounds, clients or seconds a test works through: `short` in `npm test`, `long` in `npm run faults`, which sets
 * FAULTS=long. A variable of the amount's own name goes before both: `KILL_ROUNDS=20 node --test …`.
 * @throws when that variable is no positive number
 */
export function amount(name: string, sizes: { readonly short: number; readonly long: number }): number {
  const given = process.env[name]
  if (given === undefined) return process.env['FAULTS'] === 'long' ? sizes.long : sizes.short
  const value = Number(given)
  if (!(value > 0)) throw new Error(`${name}=${given} is no amount`)
  return value
}

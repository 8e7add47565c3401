import { resolve } from 'node:path'
import { AddressList } from '../core/auth/address-list.ts'
import { defaultOf, type SettingName } from './settings.ts'

export interface SettingProblem {
  readonly setting: SettingName
  /** What is wrong, and how to put it right. */
  readonly problem: string
}

/** Reads and checks variables one by one and keeps a line for each that is wrong, so that all are told at once. */
export class SettingReader {
  readonly problems: SettingProblem[] = []
  readonly #env: NodeJS.ProcessEnv

  constructor(env: NodeJS.ProcessEnv) {
    this.#env = env
  }

  /** '' when the variable is not set: the platform's form cannot tell an empty value from none. */
  given(name: SettingName): string {
    const value = this.#env[name] ?? ''
    return value.trim() === '' ? '' : value
  }

  text(name: SettingName, fallback: string = defaultOf(name)): string {
    return this.given(name).trim() || fallback
  }

  refuse(name: SettingName, problem: string): void {
    this.problems.push({ setting: name, problem })
  }

  directory(name: SettingName, fallback: string = defaultOf(name)): string {
    const value = this.text(name, fallback)
    if (value.includes('\0')) this.refuse(name, 'the path holds a NUL character; remove it')
    return resolve(value)
  }

  oneOf<const Choice extends string>(name: SettingName, choices: readonly [Choice, ...Choice[]]): Choice {
    const value = this.text(name)
    const choice = choices.find((candidate) => candidate === value)
    if (choice === undefined)
      this.refuse(name, `${quote(value)} is unknown; give one of ${choices.join(', ')}`)
    return choice ?? choices[0]
  }

  flag(name: SettingName): boolean {
    return this.oneOf(name, ['false', 'true']) === 'true'
  }

  /** A whole number; `unit` is for the message. */
  integer(name: SettingName, range: { min: number; max: number; unit: string }): number {
    const value = this.text(name)
    const number = /^\d{1,15}$/.test(value) ? Number(value) : NaN
    if (number >= range.min && number <= range.max) return number
    this.refuse(
      name,
      `${quote(value)} is not a number of ${range.unit}; give ${range.min} to ${range.max} in whole digits`,
    )
    return range.min
  }

  port(name: SettingName): number {
    const value = this.text(name)
    const port = parsePort(value)
    if (port === undefined) this.refuse(name, `${quote(value)} is not a port; give a number from 0 to 65535`)
    return port ?? 0
  }

  optionalPort(name: SettingName): number | undefined {
    return this.text(name) === '' ? undefined : this.port(name)
  }

  /** Addresses and networks parted by commas, or a word for some of them. */
  networks(name: SettingName): readonly string[] {
    const items = this.text(name).split(',')
    const entries = items.map((item) => item.trim()).flatMap((item) => wordedNetworks[item] ?? item)
    try {
      return new AddressList(entries.filter((entry) => entry !== '')).entries
    } catch (error) {
      const entry = error instanceof RangeError ? error.message : ''
      this.refuse(name, `${quote(entry)} is no address; give a list like 172.18.0.1,10.0.0.0/8`)
      return []
    }
  }

  /** Ports and ranges parted by commas, e.g. '2021,2121-2123'. Only 0 (any free port) may come twice. */
  ports(name: SettingName): number[] {
    const ports: number[] = []
    for (const item of this.text(name).split(',')) {
      const range = parsePortRange(item.trim())
      if (range === undefined) {
        this.refuse(
          name,
          `${quote(item.trim())} is not a port; give a list like 2021,2121 or a range like 2121-2123`,
        )
        continue
      }
      for (let port = range.first; port <= range.last; port++) {
        if (port !== 0 && ports.includes(port))
          this.refuse(name, `port ${port} is listed twice; list it once`)
        else ports.push(port)
      }
    }
    if (ports.length > maxPortsInList) {
      this.refuse(name, `${ports.length} ports are too many; list at most ${maxPortsInList}`)
    }
    return ports
  }
}

const wordedNetworks: Readonly<Record<string, readonly string[] | undefined>> = {
  none: [],
  all: ['0.0.0.0/0', '::/0'],
  /** RFC 1918, RFC 4193, and what reaches no other machine. */
  private: [
    ...['127.0.0.0/8', '10.0.0.0/8', '172.16.0.0/12', '192.168.0.0/16', '169.254.0.0/16'],
    ...['::1', 'fc00::/7', 'fe80::/10'],
  ],
}

/** Each port is a listener, and on the platform a proxy, that stays open. */
const maxPortsInList = 100

export function quote(value: string): string {
  const shown = value.length > 80 ? `${value.slice(0, 80)}…` : value
  return JSON.stringify(shown)
}

function parsePort(text: string): number | undefined {
  const port = /^\d{1,5}$/.test(text) ? Number(text) : NaN
  return port <= 65535 ? port : undefined
}

function parsePortRange(text: string): { first: number; last: number } | undefined {
  const [firstText, lastText, ...rest] = text.split('-')
  if (firstText === undefined || rest.length > 0) return undefined
  const first = parsePort(firstText.trim())
  if (first === undefined || lastText === undefined)
    return first === undefined ? undefined : { first, last: first }
  const last = parsePort(lastText.trim())
  return last === undefined || last < first || first === 0 ? undefined : { first, last }
}

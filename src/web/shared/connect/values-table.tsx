import type { ComponentChildren } from 'preact'
import { CopyButton } from '../components/copy-button.tsx'

export interface ConnectValue {
  readonly label: string
  readonly value: string
  /** False for what is chosen rather than typed. */
  readonly isCopied?: boolean
}

export interface ValuesTableProps {
  readonly caption: ComponentChildren
  readonly values: readonly ConnectValue[]
}

/** What to enter where, each value with a button that copies it. */
export function ValuesTable({ caption, values }: ValuesTableProps) {
  return (
    <table className="connect-values">
      <caption>{caption}</caption>
      <tbody>
        {values.map(({ label, value, isCopied = true }) => (
          <tr key={label}>
            <th scope="row">{label}</th>
            <td>
              <div className="connect-value">
                <span className="name">{value}</span>
                {isCopied ? <CopyButton text={value} label={`${label}: ${value}`} /> : null}
              </div>
            </td>
          </tr>
        ))}
      </tbody>
    </table>
  )
}

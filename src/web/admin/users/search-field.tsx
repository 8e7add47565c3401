import { useId } from 'react'
import { Icon } from '../../shared/components/icon.tsx'
import { Input } from '../../shared/components/input.tsx'

export interface SearchFieldProps {
  readonly label: string
  readonly value: string
  readonly onChange: (value: string) => void
}

export function SearchField({ label, value, onChange }: SearchFieldProps) {
  const id = useId()
  return (
    <div className="users-search" role="search">
      <label className="hidden" htmlFor={id}>
        {label}
      </label>
      <Icon name="search" />
      <Input
        id={id}
        name="search"
        type="search"
        value={value}
        autoComplete="off"
        placeholder={label}
        onInput={(event) => onChange(event.currentTarget.value)}
      />
    </div>
  )
}

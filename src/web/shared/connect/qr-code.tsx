import { useEffect, useState } from 'react'

export interface QrCodeProps {
  readonly text: string
  /** What the picture is, for those who do not see it. */
  readonly label: string
}

/** Drawn as one path, module by module; the library is loaded when a code is shown. */
export function QrCode({ text, label }: QrCodeProps) {
  const [modules, setModules] = useState<readonly (readonly boolean[])[]>([])
  useEffect(() => {
    let isCurrent = true
    void import('uqr').then(({ encode }) => {
      if (isCurrent) setModules(encode(text, { border: 2 }).data)
    })
    return () => {
      isCurrent = false
    }
  }, [text])
  const size = Math.max(modules.length, 1)
  return (
    <svg className="connect-qr" viewBox={`0 0 ${size} ${size}`} role="img" aria-label={label}>
      <path d={pathOf(modules)} />
    </svg>
  )
}

function pathOf(modules: readonly (readonly boolean[])[]): string {
  return modules.flatMap((row, y) => row.map((isDark, x) => (isDark ? `M${x} ${y}h1v1h-1z` : ''))).join('')
}

import { useState } from 'react'
import { useLoaded } from '../../shared/use-loaded.ts'
import { readFilePart } from './read-file.ts'

/** The beginning of a file, at most `length` bytes; `received` tells how far it is. */
export function useFileBytes(path: string, length: number) {
  const [received, setReceived] = useState(0)
  const { value, error, isLoading, reload } = useLoaded(
    (signal) => readFilePart(path, { offset: 0, length, signal, onProgress: setReceived }),
    [path, length],
  )
  return { bytes: isLoading ? undefined : value, error, received, reload }
}

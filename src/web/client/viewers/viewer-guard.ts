let guard: (() => boolean) | undefined

/** Asked before the viewer closes; answers false to stay. */
export function guardViewer(mayLeave: (() => boolean) | undefined): void {
  guard = mayLeave
}

export function mayLeaveViewer(): boolean {
  return guard?.() ?? true
}

import type { FastifyRequest } from 'fastify'
import { pathOf } from '../base-path.ts'

/** Path of an object that was added to the collection `request` names, below the base path if that was used. */
export function locationOf(request: FastifyRequest, name: string): string {
  return `${pathOf(request.originalUrl)}/${encodeURIComponent(name)}`
}

import { SerializerSelector } from '@fastify/fast-json-stringify-compiler'
import { TypeBoxValidatorCompiler } from '@fastify/type-provider-typebox'
import type { FastifySchemaCompiler, FastifyServerOptions } from 'fastify'
import type { TSchema } from 'typebox'

// Of some hundred schemas most processes use a few: each is compiled at its first use, not at the start.

/** Checks requests. */
export const lateValidators: FastifySchemaCompiler<TSchema> = (route) =>
  late(() => TypeBoxValidatorCompiler(route))

/** Writes answers; for the constructor, where it takes the place of the compiler that works ahead. */
export const lateSerializers: NonNullable<FastifyServerOptions['schemaController']> = {
  compilersFactory: {
    buildSerializer: (schemas, options) => {
      const compile = SerializerSelector()(schemas, options)
      return (route) => late(() => compile(route))
    },
  },
}

function late<Argument, Result>(make: () => (argument: Argument) => Result): (argument: Argument) => Result {
  let made: ((argument: Argument) => Result) | undefined
  return (argument) => (made ??= make())(argument)
}

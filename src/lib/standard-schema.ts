// The Standard Schema interface (standardschema.dev, version 1), as far as it is used.

/** A validator of zod, valibot, arktype or any other library that implements Standard Schema. */
export interface StandardSchemaV1<Input = unknown, Output = Input> {
  readonly '~standard': {
    readonly version: 1
    readonly vendor: string
    readonly validate: (value: unknown) => StandardResult<Output> | Promise<StandardResult<Output>>
    readonly types?: { readonly input: Input; readonly output: Output } | undefined
  }
}

/** What a validation gives: the value, or the issues. */
export type StandardResult<Output> =
  | { readonly value: Output; readonly issues?: undefined }
  | { readonly issues: ReadonlyArray<{ readonly message: string }> }

/** The type a schema's output has. */
export type InferOutput<S extends StandardSchemaV1> = NonNullable<S['~standard']['types']>['output']

/** The value as the schema gives it back. Throws the issues, or that the schema is asynchronous. */
export function validate(schema: StandardSchemaV1 | undefined, data: unknown): unknown {
  if (!schema) return data
  const result = schema['~standard'].validate(data)
  if ('then' in result) throw new TypeError('The schema must be synchronous.')
  if (result.issues) throw new TypeError(result.issues[0]?.message ?? 'The schema refused it.')
  return result.value
}

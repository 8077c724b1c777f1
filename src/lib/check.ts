// check(): refuses what cannot work, by name (A9).

/**
 * Lets pass what is right, and undefined.
 * @throws TypeError `<name> must be <rule>`
 */
export function check(
  name: string,
  value: unknown,
  isRight: (value: unknown) => boolean,
  rule: string,
): void {
  if (value !== undefined && !isRight(value)) throw new TypeError(`${name} must be ${rule}`)
}

/** The same for a number between two others, both included. */
export function checkNumber(name: string, value: unknown, least: number, most: number): void {
  const isRight = (number: unknown): boolean =>
    typeof number === 'number' && number >= least && number <= most
  check(name, value, isRight, `a number from ${least} to ${most}`)
}

/** The same for a function. */
export function checkFunction(name: string, value: unknown): void {
  check(name, value, (run) => typeof run === 'function', 'a function')
}

/** True for an object with these methods. */
export function has(...methods: readonly string[]): (value: unknown) => boolean {
  return (value) =>
    typeof value === 'object' &&
    value !== null &&
    methods.every((method) => typeof (value as Readonly<Record<string, unknown>>)[method] === 'function')
}

// HoldfastError (A8): one class, told apart across two copies of the package.
import { expect, it, vi } from 'vitest'
import { HoldfastError, isHoldfastError } from '../../src/index.ts'

it('[A8] carries code, message, context and cause', () => {
  const cause = new Error('mine')
  const error = new HoldfastError('load-failed', 'The load failed.', { channel: 'queue' }, cause)
  expect(error).toBeInstanceOf(Error)
  expect(error).toMatchObject({
    name: 'HoldfastError',
    code: 'load-failed',
    message: 'The load failed.',
    context: { channel: 'queue' },
    cause,
  })
  expect(Object.hasOwn(new HoldfastError('closed', 'Closed.'), 'cause')).toBe(false)
  expect(new HoldfastError('closed', 'Closed.').context).toEqual({})
})

it('[A8] is known across two copies of the package', async () => {
  vi.resetModules()
  const copy = await import('../../src/errors.ts')
  expect(copy.HoldfastError).not.toBe(HoldfastError)
  const foreign = new copy.HoldfastError('closed', 'Closed.')
  expect(foreign instanceof HoldfastError).toBe(false)
  expect(isHoldfastError(foreign)).toBe(true)
  expect(copy.isHoldfastError(new HoldfastError('closed', 'Closed.'))).toBe(true)
})

it('[A8] nothing else is taken for one', () => {
  for (const value of [
    null,
    undefined,
    5,
    'x',
    new Error('x'),
    { code: 'closed', context: {} },
    { name: 'HoldfastError' },
  ])
    expect(isHoldfastError(value)).toBe(false)
})

it('[A8] shows nothing of its brand when it is listed or written', () => {
  const error = new HoldfastError('closed', 'Closed.', { attempt: 1 })
  expect(JSON.parse(JSON.stringify(error))).toEqual({
    code: 'closed',
    context: { attempt: 1 },
    name: 'HoldfastError',
  })
})

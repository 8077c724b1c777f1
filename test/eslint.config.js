// Lint rules: typescript-eslint's strictest set, the house style, and the walls around the pure folders.
import { readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import js from '@eslint/js'
import hooks from 'eslint-plugin-react-hooks'
import { defineConfig } from 'eslint/config'
import tseslint from 'typescript-eslint'

const root = fileURLToPath(new URL('..', import.meta.url))
const typed = ['**/*.{ts,tsx}']
/** What the pure folders may not name: time, chance and the network come in as data. */
const pure = JSON.parse(readFileSync(`${root}test/support/pure.json`, 'utf8'))

const syntax = [
  { selector: 'ExportDefaultDeclaration', message: 'Export by name.' },
  { selector: 'TSEnumDeclaration', message: 'Write a union of strings.' },
  { selector: 'TSModuleDeclaration[kind="namespace"]', message: 'Write a module.' },
]
const switchedOff = {
  selector: 'MemberExpression[object.name=/^(it|test|describe)$/][property.name=/^(only|skip|todo)$/]',
  message: 'A test runs, or it goes.',
}
const plainObjects = [
  {
    selector: 'ThisExpression:not(ClassBody ThisExpression)',
    message: 'Factories return plain objects; nothing uses this.',
  },
  {
    selector: 'ClassDeclaration:not([superClass.name=/Error$/])',
    message: 'Write a factory; classes are for errors.',
  },
]

export default defineConfig(
  { ignores: ['dist', 'coverage', 'docs'] },
  js.configs.recommended,
  // Plain scripts run where their globals are known to be; the type-checker does not read them.
  { files: ['**/*.{js,mjs,cjs}'], rules: { 'no-undef': 'off' } },
  {
    files: typed,
    extends: [tseslint.configs.strictTypeChecked],
    languageOptions: {
      parserOptions: { project: ['./tsconfig.json', './test/tsconfig.json'], tsconfigRootDir: root },
    },
    rules: {
      // Numbers read well in messages and cannot surprise there.
      '@typescript-eslint/restrict-template-expressions': ['error', { allowNumber: true }],
      // Nothing in src uses `this` (see plainObjects), so methods may be passed around detached.
      '@typescript-eslint/unbound-method': 'off',
      // `() => run()` is the house form of a callback, `return run()` that of one case of a switch over effects.
      '@typescript-eslint/no-confusing-void-expression': [
        'error',
        { ignoreArrowShorthand: true, ignoreVoidReturningFunctions: true },
      ],
      // A promise nobody waits for is started with `void` on purpose.
      '@typescript-eslint/no-floating-promises': ['error', { ignoreVoid: true }],
      '@typescript-eslint/consistent-type-imports': ['error', { fixStyle: 'inline-type-imports' }],
      '@typescript-eslint/switch-exhaustiveness-check': [
        'error',
        { allowDefaultCaseForExhaustiveSwitch: false, considerDefaultExhaustiveForUnions: true },
      ],
      // Unused arguments stand for a signature; an underscore says so.
      '@typescript-eslint/no-unused-vars': ['error', { argsIgnorePattern: '^_', varsIgnorePattern: '^_' }],
      'no-restricted-syntax': ['error', ...syntax],
      eqeqeq: ['error', 'always', { null: 'ignore' }],
      'no-var': 'error',
      'prefer-const': 'error',
    },
  },
  {
    files: ['src/**/*.{ts,tsx}'],
    rules: { 'no-console': 'error', 'no-restricted-syntax': ['error', ...syntax, ...plainObjects] },
  },
  {
    files: pure.files,
    ignores: pure.except,
    rules: {
      'no-restricted-globals': ['error', ...pure.globals],
      'no-restricted-properties': ['error', ...pure.properties],
    },
  },
  { files: ['src/react/**/*.{ts,tsx}', 'examples/**/*.tsx'], ...hooks.configs.flat.recommended },
  {
    files: ['test/**/*.{ts,tsx}', 'examples/**/*.{ts,tsx}'],
    rules: {
      'no-restricted-syntax': ['error', ...syntax, switchedOff],
      // Test doubles often have nothing to do.
      '@typescript-eslint/no-empty-function': 'off',
      // An async test double has the shape of what it stands for.
      '@typescript-eslint/require-await': 'off',
      // In a test a wrong index should throw, and does.
      '@typescript-eslint/no-non-null-assertion': 'off',
    },
  },
  // Tools read their configuration from the default export; a declaration says what somebody else exports.
  {
    files: ['**/*.config.{js,ts}', '**/*.d.ts', 'test/support/{prepare,build}.ts'],
    rules: { 'no-restricted-syntax': 'off' },
  },
)

import js from '@eslint/js';
import tseslint from 'typescript-eslint';

export default tseslint.config(
  { ignores: ['dist/**', 'node_modules/**', 'bin/**', 'examples/**', 'tools/*.js', 'eslint.config.js'] },
  js.configs.recommended,
  ...tseslint.configs.strictTypeChecked,
  {
    languageOptions: { parserOptions: { project: './tsconfig.json', tsconfigRootDir: import.meta.dirname } },
    rules: {
      '@typescript-eslint/no-floating-promises': [
        'error',
        { allowForKnownSafeCalls: ['test', 'it', 'describe', 'suite'] },
      ],
      '@typescript-eslint/switch-exhaustiveness-check': 'error',
      '@typescript-eslint/restrict-template-expressions': [
        'error',
        { allowNumber: true, allowBoolean: true },
      ],
      // Hot loops over typed arrays and asserted rows of test tables use `!` with a reason beside them.
      '@typescript-eslint/no-non-null-assertion': 'off',
      // An empty function is the plain way to say "nothing to do here".
      '@typescript-eslint/no-empty-function': 'off',
      '@typescript-eslint/no-confusing-void-expression': ['error', { ignoreArrowShorthand: true }],
      // Byte tests over control characters are what this project does.
      'no-control-regex': 'off',
      'no-restricted-globals': [
        'error',
        {
          name: 'Buffer',
          message: 'Import Buffer from node:buffer, so that the file says what it depends on.',
        },
      ],
      'no-restricted-syntax': [
        'error',
        {
          selector: "CallExpression[callee.object.name='process'][callee.property.name='exit']",
          message:
            'Only src/cli and tools may end the process: return a code or throw, so that others stay testable.',
        },
        {
          selector: "CallExpression[callee.object.name='console']",
          message: 'Only src/cli prints: use the log that was handed in.',
        },
      ],
    },
  },
  {
    files: ['src/cli/**', 'tools/**', 'bench/**', 'test/**'],
    rules: { 'no-restricted-syntax': 'off' },
  },
);

import { defineConfig } from 'vitest/config';

/** The tests that mutants have to survive: those of the code that stryker.config.json mutates. */
export default defineConfig({
  test: {
    include: ['test/policy/**/*.test.ts'],
    // Mutants are told apart from bad luck only when random tests are the same every time.
    setupFiles: ['test/policy/fixed-seed.ts'],
    testTimeout: 30_000,
  },
});

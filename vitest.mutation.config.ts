import { defineConfig } from 'vitest/config';

/** The tests that mutants have to survive: those of the code that stryker.config.json mutates. */
export default defineConfig({
  test: {
    include: ['test/policy/**/*.test.ts'],
    // Seconds per mutant: random policies, and the search for concrete requests. The tables do not need them.
    exclude: ['test/policy/properties.test.ts', 'test/policy/edits.test.ts', 'test/policy/oracle.test.ts'],
    // Mutants are told apart from bad luck only when random tests are the same every time.
    setupFiles: ['test/policy/fixed-seed.ts'],
    testTimeout: 30_000,
  },
});

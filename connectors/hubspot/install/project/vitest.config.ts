import { defineConfig } from 'vitest/config';

/** Tests run where it is never the same day as in UTC by chance: the zone is set, and another one is asked for by name. */
export default defineConfig({
    test: { include: ['tests/**/*.test.{ts,tsx}'], env: { TZ: 'America/New_York' } }
});

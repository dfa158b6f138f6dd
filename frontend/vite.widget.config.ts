import type { Plugin } from 'vite';
import { defineConfig } from 'vitest/config';
import { texts } from './widget/texts-plugin.ts';

/** A client's page may be in any encoding: every character beyond ASCII becomes an escape. */
const ascii: Plugin = {
  name: 'ascii',
  generateBundle(_, bundle) {
    for (const chunk of Object.values(bundle)) {
      if (chunk.type !== 'chunk') continue;
      chunk.code = chunk.code.replace(
        /[^\x00-\x7f]/g,
        (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`,
      );
    }
  },
};

/** The script for clients' pages and one of words per language; together at most 5 KB compressed (widget/build.test.ts). */
export default defineConfig({
  publicDir: false,
  logLevel: 'warn',
  plugins: [ascii, texts()],
  build: {
    outDir: 'dist-widget',
    emptyOutDir: true,
    target: 'es2022',
    lib: { entry: 'widget/widget.ts', formats: ['iife'], name: 'chatWidget', fileName: () => 'widget.js' },
  },
  test: { environment: 'happy-dom', include: ['widget/**/*.test.ts'] },
});

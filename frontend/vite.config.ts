import { fileURLToPath, URL } from 'node:url';
import vue from '@vitejs/plugin-vue';
import { defineConfig } from 'vitest/config';
import { compiledTexts } from './build/texts.ts';

const BACKEND = process.env.BACKEND ?? 'http://127.0.0.1:8000';

const SHARED_PARTS = /src\/(format\.ts|live\/clock\.ts|console\/(desk|reasons)\.ts|ui\/(Avatar|Button|ChannelIcon|Clock|EmptyState|ErrorState|IconButton|Menu|Select|Skeleton|Tag|UserMenu)\.vue|ui\/keys\.ts)|node_modules\/@lucide\//;

export default defineConfig(({ command }) => ({
  // Django and WhiteNoise serve frontend/dist below STATIC_URL.
  base: command === 'build' ? '/static/app/' : '/',
  // a build says only what is wrong
  logLevel: command === 'build' ? 'warn' : 'info',
  plugins: [compiledTexts(), vue()],
  resolve: { alias: { '@': fileURLToPath(new URL('./src', import.meta.url)) } },
  define: {
    __VUE_OPTIONS_API__: 'false',
    __VUE_PROD_DEVTOOLS__: 'false',
    __VUE_PROD_HYDRATION_MISMATCH_DETAILS__: 'false',
    __VUE_I18N_LEGACY_API__: 'false',
    __VUE_I18N_FULL_INSTALL__: 'false',
    __INTLIFY_PROD_DEVTOOLS__: 'false',
    // The texts come compiled, see build/texts.ts.
    __INTLIFY_DROP_MESSAGE_COMPILER__: 'true',
  },
  build: {
    outDir: 'dist',
    manifest: true,
    // light-dark() in tokens.css is native there, so the build leaves it as it is.
    target: ['chrome123', 'edge123', 'firefox128', 'safari17.5'],
    assetsInlineLimit: 0,
    rolldownOptions: {
      output: {
        codeSplitting: {
          groups: [
            { name: 'vue', test: /node_modules\/(@vue|vue|vue-router|vue-i18n|@intlify|pinia)\// },
            // The small parts that most pages use travel together: one file packs better than thirty.
            { name: 'parts', test: SHARED_PARTS, minShareCount: 2 },
          ],
        },
      },
    },
  },
  server: {
    host: '127.0.0.1',
    port: 5173,
    strictPort: true,
    // The Host header stays ours: the backend compares it with the Origin.
    proxy: Object.fromEntries(
      ['/api', '/_allauth', '/backoffice', '/static/admin', '/widget.js', '/ws'].map((path) => [path, { target: BACKEND, changeOrigin: false, ws: path === '/ws' }]),
    ),
  },
  preview: { host: '127.0.0.1', strictPort: true },
  test: {
    environment: 'happy-dom',
    include: ['src/**/*.test.ts'],
    setupFiles: ['src/testing.ts'],
    css: false,
    // one DOM a worker, a context of its own for each file
    pool: 'vmThreads',
  },
}));

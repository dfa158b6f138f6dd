import { mergeConfig } from 'vite';
import base from '../vite.config';
import { mockBackend } from './plugin';

/** The development server on invented data. Not part of the build; nothing in src knows of it. */
export default mergeConfig(base({ command: 'serve', mode: 'development' }), {
  plugins: [mockBackend()],
  server: { port: Number(process.env.PORT ?? 5199), proxy: undefined },
});

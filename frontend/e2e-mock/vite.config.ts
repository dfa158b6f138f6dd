import base from '../vite.config.ts';
import { mockBackend } from './plugin.ts';

/** The development server on invented data. Not part of the build; nothing in src knows of it. */
const config = base({ command: 'serve', mode: 'development' });
export default {
  ...config,
  plugins: [...(config.plugins ?? []), mockBackend()],
  server: { host: '127.0.0.1', port: Number(process.env.PORT ?? 5199), strictPort: true },
};

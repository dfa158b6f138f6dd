import '@fontsource-variable/inter';
import './tokens.css';
import './base.css';
import './theme';
import { PiniaColada } from '@pinia/colada';
import { createPinia } from 'pinia';
import { createApp } from 'vue';
import App from './App.vue';
import { i18n, locale, setLocale } from './i18n';
import { router } from './router';

async function start(): Promise<void> {
  await setLocale(locale(), false);
  const app = createApp(App);
  app.use(createPinia()).use(PiniaColada).use(i18n).use(router);
  await router.isReady();
  app.mount('#app');
}

void start();

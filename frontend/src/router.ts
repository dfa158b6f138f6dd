import { createRouter, createWebHistory, type RouteRecordRaw } from 'vue-router';
import { adminRoutes } from './admin/routes';
import { ApiError, whenSignedOut } from './api/client';
import { clientRoutes } from './client/routes';
import { t, useArea, type Area } from './i18n';
import { homeOf, mayEnter, useSession } from './session';

declare module 'vue-router' {
  interface RouteMeta {
    /** The place a route belongs to: decides who may enter and which texts are loaded. */
    area?: Exclude<Area, 'common' | 'metrics' | 'desk' | 'money'>;
    /** Open without being signed in. */
    open?: boolean;
  }
}

const routes: RouteRecordRaw[] = [
  { path: '/', redirect: '/login' },
  { path: '/login', name: 'login', component: () => import('./login/LoginPage.vue'), meta: { open: true } },
  { path: '/login/second-factor', name: 'factor', component: () => import('./login/SecondFactorPage.vue') },
  {
    path: '/console/:ticket(\\d+)?',
    name: 'console',
    component: () => import('./console/ConsolePage.vue'),
    props: (route) => ({ ticketId: route.params.ticket ? Number(route.params.ticket) : null }),
    meta: { area: 'console' },
  },
  ...clientRoutes.map((route) => inArea(route, 'client')),
  ...adminRoutes.map((route) => inArea(route, 'admin')),
  { path: '/:pathMatch(.*)*', name: 'missing', component: () => import('./login/MissingPage.vue'), meta: { open: true } },
];

function inArea(route: RouteRecordRaw, area: 'client' | 'admin'): RouteRecordRaw {
  return { ...route, meta: { ...route.meta, area } } as RouteRecordRaw;
}

export const router = createRouter({ history: createWebHistory('/'), routes });

router.beforeEach(async (to) => {
  const area = to.meta.area ?? 'common';
  await Promise.all(area === 'client' || area === 'admin' ? [useArea(area), useArea('metrics'), useArea('money')] : [useArea(area)]);
  if (to.meta.open) return true;
  const session = useSession();
  if (!session.me) {
    try {
      await session.load();
    } catch (error) {
      if (error instanceof ApiError && (error.status === 401 || error.status === 403)) return toLogin(to.fullPath);
      return { name: 'login', query: { next: to.fullPath, problem: 'offline' } };
    }
  }
  if (session.me && to.meta.area && !mayEnter(session.me.role, to.meta.area)) return homeOf(session.me.role);
  return true;
});

router.afterEach((to) => {
  if (to.meta.area !== 'console') document.title = t('common.app');
});

function toLogin(next: string): { name: string; query: Record<string, string> } {
  return { name: 'login', query: next === '/' || next === '/console' ? {} : { next } };
}

// The session ended while a page was open: back to the login, and afterwards to the same page.
whenSignedOut(() => {
  const session = useSession();
  if (!session.me) return;
  session.me = null;
  void router.push({ name: 'login', query: { next: router.currentRoute.value.fullPath, ended: '1' } });
});

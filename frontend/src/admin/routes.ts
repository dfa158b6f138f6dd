import type { RouteRecordRaw } from 'vue-router';
import { useArea } from '@/i18n';

const number = (value: unknown): number => Number(value);

export const adminRoutes: RouteRecordRaw[] = [
  {
    path: '/admin/wall',
    name: 'admin-wall',
    component: async () => {
      await useArea('client');
      return import('./wallboard/WallboardPage.vue');
    },
    props: { wall: true },
  },
  {
    path: '/admin',
    // bills and contacts are shown with the portal's parts and their texts
    component: async () => {
      await useArea('client');
      return import('./AdminLayout.vue');
    },
    children: [
      { path: '', redirect: '/admin/wallboard' },
      { path: 'wallboard', name: 'admin-wallboard', component: () => import('./wallboard/WallboardPage.vue') },
      { path: 'planning', name: 'admin-planning', component: () => import('./planning/PlanningPage.vue') },
      { path: 'floor', name: 'admin-floor', component: async () => (await Promise.all([import('./FloorPage.vue'), useArea('desk'), useArea('console')]))[0] },
      { path: 'operators', name: 'admin-operators', component: () => import('./OperatorsPage.vue') },
      { path: 'time', name: 'admin-time', component: () => import('./time/TimePage.vue') },
      { path: 'queues', name: 'admin-queues', component: () => import('./QueuesPage.vue') },
      { path: 'skills', name: 'admin-skills', component: () => import('./SkillsPage.vue') },
      { path: 'breaks', name: 'admin-breaks', component: () => import('./BreaksPage.vue') },
      { path: 'hours', name: 'admin-hours', component: () => import('./HoursPage.vue') },
      { path: 'promises', name: 'admin-promises', component: () => import('./PromisesPage.vue') },
      { path: 'accounts', name: 'admin-accounts', component: () => import('./AccountsPage.vue') },
      { path: 'endpoints', name: 'admin-endpoints', component: () => import('./EndpointsPage.vue') },
      { path: 'signatures', name: 'admin-signatures', component: () => import('./SignaturesPage.vue') },
      { path: 'endpoints/receipts', name: 'admin-receipts', component: () => import('./ReceiptsPage.vue') },
      { path: 'tariffs', name: 'admin-tariffs', component: () => import('./tariff/TariffsPage.vue') },
      { path: 'tariffs/:version(\\d+)', name: 'admin-tariff', component: () => import('./tariff/TariffPage.vue'), props: (route) => ({ versionId: number(route.params.version) }) },
      { path: 'tariffs/:version(\\d+)/price-sheet', name: 'admin-price-sheet', component: () => import('./tariff/PriceSheetPage.vue'), props: (route) => ({ versionId: number(route.params.version) }) },
      { path: 'quotes', name: 'admin-quotes', component: () => import('./quote/QuotesPage.vue') },
      { path: 'quotes/new', name: 'admin-quote-new', component: () => import('./quote/QuotePage.vue'), props: { id: null } },
      { path: 'quotes/:id(\\d+)', name: 'admin-quote', component: () => import('./quote/QuotePage.vue'), props: (route) => ({ id: number(route.params.id) }) },
      { path: 'invoices', name: 'admin-invoices', component: () => import('./InvoicesPage.vue') },
      { path: 'invoices/:id(\\d+)', name: 'admin-invoice', component: () => import('@/client/InvoicePage.vue'), props: (route) => ({ id: number(route.params.id), listPath: '/admin/invoices' }) },
      { path: 'api', name: 'admin-api', component: () => import('./ApiPage.vue') },
      { path: 'audit', name: 'admin-audit', component: () => import('./AuditPage.vue') },
    ],
  },
];

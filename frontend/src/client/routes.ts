import type { RouteRecordRaw } from 'vue-router';

const number = (value: unknown): number => Number(value);

export const clientRoutes: RouteRecordRaw[] = [
  {
    path: '/client',
    component: () => import('./ClientLayout.vue'),
    children: [
      { path: '', redirect: (to) => ({ path: '/client/usage', query: to.query }) },
      { path: 'usage', name: 'client-usage', component: () => import('./UsagePage.vue') },
      { path: 'contacts', name: 'client-contacts', component: () => import('./ContactsPage.vue') },
      { path: 'tickets', name: 'client-tickets', component: () => import('./TicketsPage.vue') },
      { path: 'tickets/:id(\\d+)', name: 'client-ticket', component: () => import('./TicketPage.vue'), props: (route) => ({ id: number(route.params.id) }) },
      { path: 'invoices', name: 'client-invoices', component: () => import('./InvoicesPage.vue') },
      { path: 'invoices/:id(\\d+)', name: 'client-invoice', component: () => import('./InvoicePage.vue'), props: (route) => ({ id: number(route.params.id) }) },
      { path: 'prices', name: 'client-prices', component: () => import('./PricesPage.vue') },
      { path: 'billing', name: 'client-billing', component: () => import('./BillingPage.vue') },
      { path: 'alerts', name: 'client-alerts', component: () => import('./AlertsPage.vue') },
      { path: 'offers', name: 'client-offers', component: () => import('./OffersPage.vue') },
      { path: 'offers/:id(\\d+)', name: 'client-offer', component: () => import('./OfferPage.vue'), props: (route) => ({ id: number(route.params.id) }) },
      { path: 'playbook', name: 'client-playbook', component: () => import('./PlaybookPage.vue') },
      { path: 'api', name: 'client-api', component: () => import('./ApiPage.vue') },
      { path: 'settings', name: 'client-settings', component: () => import('./SettingsPage.vue') },
    ],
  },
];

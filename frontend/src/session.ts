import { defineStore } from 'pinia';
import { computed, ref } from 'vue';
import { get } from './api/client';
import type { AccountRef, Me, Role } from './api/types';
import { serverClock } from './live/clock';
import { hasStoredLocale, isLocale, setLocale } from './i18n';
import { signOut } from './login/allauth';

const HOME: Record<Role, string> = {
  operator: '/console',
  supervisor: '/console',
  billing_admin: '/admin',
  admin: '/admin',
  client_viewer: '/client',
  client_admin: '/client',
};

export function homeOf(role: Role): string {
  return HOME[role];
}

export function isStaff(role: Role): boolean {
  return role !== 'client_viewer' && role !== 'client_admin';
}

/** Which of the three places a role may enter; the server enforces the same and is the one that counts. */
export function mayEnter(role: Role, area: 'console' | 'client' | 'admin'): boolean {
  if (area === 'client') return role !== 'operator';
  if (area === 'admin') return role === 'admin' || role === 'billing_admin' || role === 'supervisor';
  return role === 'operator' || role === 'supervisor' || role === 'admin';
}

/** Reads the page anew, so that its stores are empty. */
function startAfresh(): void {
  window.location.assign('/');
}

/** Who is signed in. */
export const useSession = defineStore('session', () => {
  const me = ref<Me | null>(null);
  let lastUser: number | null = null;
  const accounts = computed<AccountRef[]>(() => me.value?.accounts ?? []);

  async function load(): Promise<Me> {
    const loaded = await get<Me>('/api/v1/me/');
    serverClock.correct(loaded.server_time);
    // Another person at the same page: nothing that was read for the one before may stay in its memory.
    if (lastUser !== null && lastUser !== loaded.id) startAfresh();
    lastUser = loaded.id;
    me.value = loaded;
    if (!hasStoredLocale() && isLocale(loaded.language)) await setLocale(loaded.language, false);
    return loaded;
  }

  let goodbyes: (() => Promise<unknown>)[] = [];

  /** What has to be said to the server before the session ends; the function returned takes it back. */
  function beforeLogout(say: () => Promise<unknown>): () => void {
    goodbyes = [...goodbyes, say];
    return () => (goodbyes = goodbyes.filter((item) => item !== say));
  }

  /** Afterwards the session is over on the server and nothing of it is left on this device: drafts go too. */
  async function logout(): Promise<void> {
    await Promise.all(goodbyes.map((say) => say().catch(() => undefined)));
    await signOut();
    forget();
  }

  function forget(): void {
    me.value = null;
    for (const key of Object.keys(localStorage)) if (key.startsWith('draft:')) localStorage.removeItem(key);
    sessionStorage.clear();
  }

  function account(id: number): AccountRef | undefined {
    return accounts.value.find((item) => item.id === id);
  }

  return { me, accounts, account, load, logout, forget, beforeLogout };
});

/**
 * The weight of the console as an operator downloads it: script, style and texts (Russian, the longest), gzip, fonts
 * apart; and what the first ticket adds to it, which is fetched at rest. Fails above either limit.
 */
import { readFileSync } from 'node:fs';
import { gzipSync } from 'node:zlib';

const manifest = JSON.parse(readFileSync('dist/.vite/manifest.json', 'utf8'));
const PARTS = [
  { name: 'first view', limitKb: 120, entries: ['index.html', 'src/console/ConsolePage.vue', 'src/locales/ru/common', 'src/locales/ru/console'] },
  { name: 'first ticket', limitKb: 25, entries: ['src/console/TicketPane.vue', 'src/console/SidePane.vue'] },
];

const files = new Set();
function add(name, fresh) {
  const chunk = manifest[name] ?? Object.entries(manifest).find(([key]) => key.endsWith(`texts:${name}`))?.[1];
  if (!chunk) throw new Error(`dist has no ${name}: build first`);
  if (files.has(chunk.file)) return;
  for (const file of [chunk.file, ...(chunk.css ?? [])]) {
    if (!files.has(file)) fresh.push(file);
    files.add(file);
  }
  for (const other of chunk.imports ?? []) add(other, fresh);
}

for (const part of PARTS) {
  const fresh = [];
  for (const entry of part.entries) add(entry, fresh);
  let total = 0;
  for (const file of fresh) {
    const size = gzipSync(readFileSync(`dist/${file}`), { level: 9 }).length;
    total += size;
    process.stdout.write(`${(size / 1000).toFixed(1).padStart(7)} kB  ${file}\n`);
  }
  process.stdout.write(`${(total / 1000).toFixed(1).padStart(7)} kB  ${part.name}, of ${part.limitKb}\n`);
  if (total > part.limitKb * 1000) process.exitCode = 1;
}

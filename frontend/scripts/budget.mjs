/** The weight of the console as a visitor downloads it: script, style and texts (Russian, the longest), gzip, fonts apart. Fails above the limit. */
import { readFileSync } from 'node:fs';
import { gzipSync } from 'node:zlib';

const LIMIT_KB = 120;
const manifest = JSON.parse(readFileSync('dist/.vite/manifest.json', 'utf8'));
const entries = ['index.html', 'src/console/ConsolePage.vue', 'src/locales/ru/common', 'src/locales/ru/console'];

const files = new Set();
function add(name) {
  const chunk = manifest[name] ?? Object.entries(manifest).find(([key]) => key.endsWith(`texts:${name}`))?.[1];
  if (!chunk) throw new Error(`dist has no ${name}: build first`);
  if (files.has(chunk.file)) return;
  files.add(chunk.file);
  for (const style of chunk.css ?? []) files.add(style);
  for (const other of chunk.imports ?? []) add(other);
}
entries.forEach(add);

let total = 0;
for (const file of files) {
  const size = gzipSync(readFileSync(`dist/${file}`), { level: 9 }).length;
  total += size;
  process.stdout.write(`${(size / 1000).toFixed(1).padStart(7)} kB  ${file}\n`);
}
process.stdout.write(`${(total / 1000).toFixed(1).padStart(7)} kB  in all, of ${LIMIT_KB}\n`);
process.exitCode = total > LIMIT_KB * 1000 ? 1 : 0;

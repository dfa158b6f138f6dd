import { gzipSync } from 'node:zlib';
import type { Plugin } from 'vite';
import en from './texts/en.json' with { type: 'json' };
import es from './texts/es.json' with { type: 'json' };
import ru from './texts/ru.json' with { type: 'json' };
import type { Words } from './texts.ts';

const WORDS: Record<string, Words> = { en, ru, es };
const KEYS = Object.keys(en) as (keyof Words)[];
export const LANGUAGES = Object.keys(WORDS);

const keysOf = (words: Words): string => [...Object.keys(words), ...Object.keys(words.states)].sort().join();

/** The words of a language in the order of the English ones. */
export function inOrder(language: string): unknown[] {
  const words = WORDS[language]!;
  if (keysOf(words) !== keysOf(en)) throw new Error(`${language}.json does not have the words of en.json`);
  return KEYS.map((key) => words[key]);
}

/** `words.title` becomes `words[0]`, and every language a module of its own; styles lose their line ends; all is compressed beside its original. */
export const texts = (): Plugin => ({
  name: 'widget-texts',
  transform(code, id) {
    if (id.endsWith('/widget/style.ts')) return code.replace(/\}\n/g, '}').replace('`\n', '`');
    if (!id.endsWith('/widget/panel.ts')) return null;
    return code.replace(/\bwords\.(\w+)/g, (_, key: keyof Words) => {
      if (!KEYS.includes(key)) throw new Error(`en.json has no word ${key}`);
      return `words[${KEYS.indexOf(key)}]`;
    });
  },
  generateBundle: {
    order: 'post',
    handler(_, bundle) {
      const compress = (fileName: string, source: string) =>
        this.emitFile({ type: 'asset', fileName: `${fileName}.gz`, source: gzipSync(source, { level: 9 }) });
      for (const file of Object.values(bundle)) if (file.type === 'chunk') compress(file.fileName, file.code);
      for (const language of LANGUAGES) {
        // A module is UTF-8 whatever the page is.
        const source = `export default${JSON.stringify(inOrder(language)).replace(/"(\w+)":/g, '$1:')}`;
        this.emitFile({ type: 'asset', fileName: `${language}.js`, source });
        compress(`${language}.js`, source);
      }
    },
  },
});

import { readFileSync } from 'node:fs';
import { dirname, relative, resolve } from 'node:path';
import { baseCompile } from '@intlify/message-compiler';
import type { Plugin } from 'vite';

type Tree = { [key: string]: string | Tree };

const MARK = '\0texts:';

/** A text as the function that vue-i18n would make of it in the browser. */
function compiled(text: string, where: string): string {
  if (!/[{}|@\\]/.test(text)) return `()=>${JSON.stringify(text)}`;
  return baseCompile(text, {
    mode: 'arrow',
    minify: true,
    onError(error) {
      throw new Error(`${where}: ${error.message} in "${text}"`);
    },
  }).code;
}

function emitted(tree: Tree, where: string): string {
  const pairs = Object.entries(tree).map(([key, value]) => `${JSON.stringify(key)}:${typeof value === 'string' ? compiled(value, `${where} ${key}`) : emitted(value, where)}`);
  return `{${pairs.join(',')}}`;
}

/**
 * `import texts from './x.json?texts'`: the texts compiled at build time, so that the page need not carry the compiler
 * (9 kB) and a broken text fails the build, not the screen.
 */
export function compiledTexts(): Plugin {
  return {
    name: 'compiled-texts',
    enforce: 'pre',
    resolveId(source, importer) {
      if (!source.endsWith('.json?texts')) return null;
      const path = source.slice(0, -'?texts'.length);
      const file = importer && path.startsWith('.') ? resolve(dirname(importer), path) : path.startsWith('/src/') ? resolve(path.slice(1)) : path;
      // Without its ending, or the JSON plugin takes the module.
      return MARK + relative('.', file).slice(0, -'.json'.length);
    },
    load(id) {
      if (!id.startsWith(MARK)) return null;
      const file = resolve(`${id.slice(MARK.length)}.json`);
      this.addWatchFile(file);
      return `export default ${emitted(JSON.parse(readFileSync(file, 'utf8')) as Tree, file)}`;
    },
  };
}

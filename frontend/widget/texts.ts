/**
 * The words the visitor reads: texts/*.json, one script of its own per language, loaded before the widget is drawn.
 *
 * At run time they are a plain array; the build (texts-plugin.ts) turns `words.title` into its place in it, so that no
 * key travels. A language that lacks a word does not build.
 */
import type en from './texts/en.json';

export type Words = typeof en;

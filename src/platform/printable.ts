/**
 * Control characters (C0 but for tab and line feed, DEL, C1), the marks that change the direction of text, and the characters that Unicode
 * calls line and paragraph separators. A terminal obeys some of them, and a reader cannot see the others.
 */
// biome-ignore lint/suspicious/noControlCharactersInRegex: these are what is looked for
const UNPRINTABLE = /[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u061c\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff]/g
const LONE_SURROGATE = /[\ud800-\udbff](?![\udc00-\udfff])|(?<![\ud800-\udbff])[\udc00-\udfff]/g

/**
 * The text with everything that a terminal would obey, or a reader could not see, written out as `\u202e`. Lines and tabs stay. Within JSON
 * the result means the same as before, because JSON writes such characters in the same way. Everything that Gatehouse prints or shows
 * passes through here: names, ids and messages come from Paxos and from senders of webhooks.
 */
export function printable(text: string): string {
  return text.replace(UNPRINTABLE, written).replace(LONE_SURROGATE, written)
}

/** The same for a value that must stay in one line, such as the cell of a table. */
export function printableLine(text: string): string {
  return printable(text).replace(/[\n\t]/g, written)
}

function written(character: string): string {
  return `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`
}

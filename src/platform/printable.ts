/**
 * Control characters (C0 except tab and line feed, DEL, C1), marks that change the direction of text, and Unicode's line and paragraph
 * separators. A terminal obeys some of them, and a reader cannot see the others.
 */
// biome-ignore lint/suspicious/noControlCharactersInRegex: these are what is looked for
const UNPRINTABLE = /[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u061c\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff]/g
const LONE_SURROGATE = /[\ud800-\udbff](?![\udc00-\udfff])|(?<![\ud800-\udbff])[\udc00-\udfff]/g

/**
 * Writes out every character that a terminal would obey or a reader could not see, as `\u202e`. Lines and tabs stay. JSON keeps its
 * meaning, because JSON escapes such characters the same way. All that Gatehouse prints or shows passes through here: names, ids and
 * messages come from Paxos and from senders of webhooks.
 */
export function printable(text: string): string {
  return text.replace(UNPRINTABLE, written).replace(LONE_SURROGATE, written)
}

/** Likewise for a value that must stay on one line, such as the cell of a table. */
export function printableLine(text: string): string {
  return printable(text).replace(/[\n\t]/g, written)
}

function written(character: string): string {
  return `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`
}

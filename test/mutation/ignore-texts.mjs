/**
 * What Stryker leaves alone, since no test ought to depend on it. Each reason stands in the report beside what it excuses.
 * Names of errors' codes, states, steps and keys are strings too: those are mutated.
 */
const RULES = [
  {
    reason: 'the text of an error is for people: tests ask for its code',
    holds: (path) =>
      isText(path) &&
      inArguments(
        path,
        ({ node }) => (node.type === 'NewExpression' && /Error$/.test(node.callee.name ?? '')) || node.callee.type === 'Super',
      ),
  },
  {
    reason: 'the sentence of an estimate is for people: tests ask for its verdict and its effects',
    holds: (path) => isText(path) && path.parentPath.isObjectProperty() && nameOf(path.parentPath.node.key) === 'detail',
  },
  {
    reason: 'the help of a metric is for people',
    holds: ({ node }) => node.type === 'ObjectProperty' && nameOf(node.key) === 'help',
  },
  {
    reason: 'a line of the log decides nothing',
    holds: ({ node }) => isLogging(node) || (node.type === 'ExpressionStatement' && isLogging(node.expression)),
  },
  {
    reason: 'SQL is broken piece by piece by sql-guards.test.ts; as an empty string it would only prove that there is a statement',
    holds: (path) => isText(path) && inArguments(path, ({ node }) => node.type === 'CallExpression' && nameOf(node.callee) === 'query'),
  },
  {
    reason: 'the compiler proves that this is not reached',
    holds: ({ node }) =>
      (node.type === 'SwitchCase' && node.test === null && nameOf(node.consequent[0]?.argument?.callee) === 'unreachable') ||
      (node.type === 'FunctionDeclaration' && node.id?.name === 'unreachable'),
  },
]

const isText = ({ node }) => node.type === 'StringLiteral' || node.type === 'TemplateLiteral'

/** `logger` of `logger`, `parts.logger` and `this.#logger`. */
const nameOf = (node) => node?.name ?? node?.property?.name ?? node?.property?.id?.name ?? ''

const isLogging = (node) => node.type === 'CallExpression' && /^(log|logger)$/.test(nameOf(node.callee.object))

/** Whether a call for which `isMeant` holds takes this as (a part of) its argument; functions among the arguments are code of their own. */
function inArguments(path, isMeant) {
  for (let at = path; at.parentPath && !at.isStatement() && !at.isFunction(); at = at.parentPath)
    if (at.listKey === 'arguments' && isMeant(at.parentPath)) return true
  return false
}

export const strykerPlugins = [
  { kind: 'Ignore', name: 'texts', value: { shouldIgnore: (path) => RULES.find(({ holds }) => holds(path))?.reason } },
]

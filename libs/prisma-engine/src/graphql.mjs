// GraphQL text -> { name, args, selection } in the shape of Prisma's JSON protocol.
import { parse } from 'graphql'

export function parseQuery(text) {
  const [root] = parse(text, { noLocation: true }).definitions[0].selectionSet.selections
  return { name: root.name.value, args: argumentsOf(root), selection: selectionOf(root) }
}

// Raw parameters are JSON text. Prisma would round their numbers; as strings they keep every digit, and for PostgreSQL it
// is the same, since pg sends text anyway.
export function parseRawArguments({ query, parameters = '[]' }) {
  const STRING_OR_NUMBER = /"(?:[^"\\]|\\.)*"|-?\d[\d.eE+-]*/g
  return { query, parameters: parameters.replace(STRING_OR_NUMBER, (token) => (token[0] === '"' ? token : `"${token}"`)) }
}

const argumentsOf = (node) => Object.fromEntries((node.arguments ?? []).map((a) => [a.name.value, valueOf(a.value)]))

function selectionOf({ selectionSet }) {
  const selection = {}
  for (const field of selectionSet?.selections ?? []) {
    selection[field.name.value] = field.selectionSet ? { arguments: argumentsOf(field), selection: selectionOf(field) } : true
  }
  return selection
}

function valueOf(node) {
  switch (node.kind) {
    case 'NullValue':
      return null
    case 'ListValue':
      return node.values.map(valueOf)
    case 'ObjectValue':
      return Object.fromEntries(node.fields.map((f) => [f.name.value, valueOf(f.value)]))
    case 'FloatValue': // Prisma rounds a number to 16 digits, but keeps those of a decimal
      return { $type: 'Decimal', value: node.value }
    case 'IntValue': {
      const number = Number(node.value)
      return Number.isSafeInteger(number) ? number : { $type: 'BigInt', value: node.value }
    }
    default: // strings, booleans, enums
      return node.value
  }
}

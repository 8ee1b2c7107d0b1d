// The Python client writes the value of a Json field as a string of JSON text, exactly like a String. The JSON protocol
// would store that as a JSON string, so every such value gets a tag; only the datamodel tells which.

const LOGIC = new Set(['AND', 'OR', 'NOT'])
const NESTED = new Set(['connectOrCreate', 'upsert', 'createMany', 'updateMany'])
const TEXT_FILTERS = new Set(['path', 'mode', 'string_contains', 'string_starts_with', 'string_ends_with'])

const isObject = (value) => value !== null && typeof value === 'object'
const mapValues = (object, f) => Object.fromEntries(Object.entries(object).map(([key, value]) => [key, f(value, key)]))

// Calls f with an object, or with each of a list of them; anything else stays as it is.
const eachObject = (value, f) => {
  if (Array.isArray(value)) return value.map((item) => eachObject(item, f))
  return isObject(value) ? f(value) : value
}

// Per model and field: 'Json', the name of the related model, or undefined for every other scalar.
export function fieldTypes(models) {
  const type = (field) => (field.kind === 'object' || field.type === 'Json' ? field.type : undefined)
  return new Map(models.map((model) => [model.name, new Map(model.fields.map((field) => [field.name, type(field)]))]))
}

// { arguments, selection } of a model, with those of the relations that it selects.
export function typedArguments({ arguments: args, selection }, model, types) {
  return {
    arguments: mapValues(args, (value) => record(value, model, types)),
    selection: mapValues(selection, (value, name) => {
      const type = types.get(model).get(name)
      return isObject(value) && type ? typedArguments(value, type, types) : value
    }),
  }
}

// Keys are fields: data to write, or a filter.
function record(value, model, types) {
  return eachObject(value, (fields) =>
    mapValues(fields, (item, key) => {
      if (LOGIC.has(key)) return record(item, model, types)
      const type = types.get(model).get(key)
      if (type === 'Json') return json(item)
      return type ? operations(item, type, types) : item
    }),
  )
}

// Keys are operations on a relation: create, connect, some, where, data …
function operations(value, model, types) {
  return eachObject(value, (operation) =>
    mapValues(operation, (item, key) =>
      NESTED.has(key) || (key === 'update' && hasData(item)) ? operations(item, model, types) : record(item, model, types),
    ),
  )
}

// `update: { where, data }` addresses one of many, `update: { field: … }` the only one.
const hasData = (item) => [item].flat().every((entry) => isObject(entry) && isObject(entry.data))

function json(value, key) {
  if (TEXT_FILTERS.has(key)) return value
  if (typeof value === 'string') return { $type: 'Json', value }
  if (Array.isArray(value)) return value.map((item) => json(item))
  return isObject(value) ? mapValues(value, json) : value
}

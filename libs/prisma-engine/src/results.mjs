// Results of the JSON protocol -> the untagged JSON that the Python client reads.
export function plain(value) {
  if (typeof value === 'bigint') return value.toString()
  if (typeof value === 'number') return Number.isFinite(value) ? value : String(value) // JSON has no NaN; pydantic reads 'NaN'
  if (value === null || typeof value !== 'object') return value
  if (Array.isArray(value)) return value.map(plain)
  if (value instanceof Uint8Array) return Buffer.from(value).toString('base64')
  if (value.$type) return value.$type === 'Decimal' ? String(value.value) : value.value
  return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, plain(item)]))
}

// The Python client makes floats of raw 'decimal' columns only; as a 'double', 700.0 would arrive as the int 700.
const FLOATS = { float: 'decimal', double: 'decimal', 'float-array': 'decimal-array', 'double-array': 'decimal-array' }
const JSON_TYPES = new Set(['json', 'json-array']) // a document's own `$type` is no tag

export function plainRaw({ columns, types, rows }) {
  return {
    columns,
    types: types.map((type) => FLOATS[type] ?? type),
    rows: rows.map((row) => row.map((value, i) => (JSON_TYPES.has(types[i]) ? value : plain(value)))),
  }
}

// The averages of group_by() go to Python as they are, so a whole one needs its `.0` to be a float there.
export function toJson(result) {
  return JSON.stringify(result).replace(/"_avg":\{[^}]*\}/g, (averages) => averages.replace(/:-?\d+(?=[,}])/g, '$&.0'))
}

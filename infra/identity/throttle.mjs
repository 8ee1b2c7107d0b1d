const LIMIT = 5;
const WINDOW_MS = 60_000;

/** Counts failed logins by key: after five within a minute, `wait` says how many seconds are left. */
export function createThrottle(now = Date.now) {
  const failures = new Map();

  const recent = (key) => (failures.get(key) ?? []).filter((at) => now() - at < WINDOW_MS);

  return {
    wait(key) {
      const times = recent(key);
      return times.length < LIMIT ? 0 : Math.ceil((times[0] + WINDOW_MS - now()) / 1000);
    },
    failed(key) {
      failures.set(key, [...recent(key), now()].slice(-LIMIT));
    },
    succeeded(key) {
      failures.delete(key);
    },
  };
}

// What a frontend does, by the generated types alone: no `any`, no assertion but of what a stream holds.
import createClient from "openapi-fetch";
import type { components, paths } from "#api";

type Schemas = components["schemas"];
type Given = { url: string; clerk: string; clinician: string; patient: string; vitals: string };

declare const process: { env: Record<string, string | undefined> };
const given: Given = JSON.parse(process.env["GIVEN"] ?? "");

function holds(what: unknown): asserts what {
  if (!what) throw new Error("it does not hold");
}
function same(found: unknown, expected: unknown): void {
  if (JSON.stringify(found) !== JSON.stringify(expected)) throw new Error(`found ${JSON.stringify(found)}`);
}

const as = (token: string) =>
  createClient<paths>({ baseUrl: given.url, headers: { Authorization: `Bearer ${token}` } });
const clerk = as(given.clerk);
const clinician = as(given.clinician);

const patient: Schemas["PatientRecord"] = JSON.parse(given.patient);
const vitals: Record<string, string | number> = JSON.parse(given.vitals);

/** What is read is there: else the problem, which every operation has, says what was wrong. */
function got<T>({ data, error }: { data?: T; error?: Schemas["Problem"] }): T {
  if (data === undefined) throw new Error(`${error?.status} ${error?.code}: ${error?.detail}`);
  return data;
}

const registered = await clerk.POST("/api/patients/v1/patients", {
  params: { header: { "idempotency-key": crypto.randomUUID() } },
  body: patient,
});
const path = { patient_id: got(registered).id };
holds(registered.response.headers.get("ETag") && registered.response.headers.get("Location"));

async function ehr(): Promise<Schemas["EhrView"]> {
  const { data } = await clinician.GET("/api/clinical/v1/patients/{patient_id}/ehr", { params: { path } });
  if (data?.state === "ready") return data;
  await new Promise((resume) => setTimeout(resume, 100));
  return ehr();
}
const { ehr_id } = await ehr();

const stopped = new AbortController();
const { data: stream } = await clinician.GET("/api/clinical/v1/events", {
  params: { query: { patient_id: path.patient_id, kind: ["composition"] } },
  parseAs: "stream",
  signal: stopped.signal,
});
async function* live(): AsyncGenerator<Schemas["LiveEvent"]> {
  holds(stream);
  let text = "";
  for await (const bytes of stream) {
    text += new TextDecoder().decode(bytes, { stream: true });
    const events = text.split("\n\n");
    text = events.pop() ?? "";
    for (const event of events) {
      const line = event.split("\n").find((each) => each.startsWith("data: "));
      if (line) yield JSON.parse(line.slice("data: ".length));
    }
  }
}
const told = live();

const opened = await clinician.POST("/api/clinical/v1/patients/{patient_id}/encounters", {
  params: { path },
  body: { encounter_class: "IMP", location: { id: "ward-3", display: "Ward 3" } },
});
const encounter = { ...path, encounter_id: got(opened).encounter_id };
const query = { format: "FLAT", template_id: "openward_vital_signs.v1" } as const;

const written = await clinician.POST("/api/clinical/v1/patients/{patient_id}/compositions", {
  params: { path, query: { ...query, encounter_id: encounter.encounter_id } },
  body: vitals,
});
const { version_uid } = got(written);
same(written.response.headers.get("ETag"), `"${version_uid}"`);
/** Versions and where they belong are told by two databases, so either of the two events may be the first. */
async function created(): Promise<Schemas["LiveCompositionCreated"]["data"]> {
  for await (const event of told) {
    same(event.data.ehr_id, ehr_id);
    if (event.type === "clinical.composition.created.v1") return event.data;
    holds(event.type === "clinical.composition.placed.v1");
  }
  throw new Error("the stream has ended");
}
same((await created()).version_uid, version_uid);
stopped.abort();

const refused = await clinician.POST("/api/clinical/v1/patients/{patient_id}/compositions", {
  params: { path, query },
  body: { ...vitals, "vital_signs/pulse/any_event:0/rate|magnitude": 900 },
});
holds(refused.error && "problems" in refused.error);
const { problems = [] } = refused.error;
same(problems.map((problem) => problem.path), ["vital_signs/pulse/any_event:0/rate|magnitude"]);

const page = got(
  await clinician.GET("/api/clinical/v1/patients/{patient_id}/timeline", {
    params: { path, query: { limit: 2, total: true }, header: { "accept-language": "de" } },
  }),
);
const next = got(
  await clinician.GET("/api/clinical/v1/patients/{patient_id}/timeline", {
    params: { path, query: { limit: 2, cursor: page.next_cursor ?? "" } },
  }),
);
const labels: string[] = [...page.items, ...next.items].map(({ label }) => label);
holds(labels.length === 4 && (page.total ?? 0) > page.items.length);

const series = got(
  await clinician.GET("/api/clinical/v1/patients/{patient_id}/series", {
    params: { path, query: { node: "systolic" } },
  }),
);
same(series.points?.map(({ magnitude }) => magnitude), [120]);

const latest = got(
  await clinician.POST("/api/clinical/v1/latest", {
    body: { patients: [path.patient_id], measurements: ["systolic"] },
  }),
);
same(latest.patients[0]?.values?.["systolic"]?.magnitude, 120);

const snapshot = got(
  await clinician.GET("/api/clinical/v1/patients/{patient_id}/snapshot", { params: { path } }),
);
holds(snapshot.sections.some(({ values }) => values?.["systolic"]));

const etag = opened.response.headers.get("ETag") ?? "";
const moved = await clinician.POST("/api/clinical/v1/patients/{patient_id}/encounters/{encounter_id}/transfer", {
  params: { path: encounter, header: { "if-match": etag } },
  body: { location: { id: "ward-4" } },
});
const status: Schemas["Status"] = got(moved).status;
const stale = await clinician.POST("/api/clinical/v1/patients/{patient_id}/encounters/{encounter_id}/close", {
  params: { path: encounter, header: { "if-match": etag } },
  body: {},
});
same([status, stale.error?.status], ["in-progress", 412]);
got(
  await clinician.POST("/api/clinical/v1/patients/{patient_id}/encounters/{encounter_id}/close", {
    params: { path: encounter, header: { "if-match": moved.response.headers.get("ETag") ?? "" } },
    body: {},
  }),
);
const kept = got(
  await clinician.GET("/api/clinical/v1/patients/{patient_id}/encounters/{encounter_id}/compositions", {
    params: { path: encounter },
  }),
);
same(kept.items.map((item) => item.version_uid), [version_uid]);
console.log("done");

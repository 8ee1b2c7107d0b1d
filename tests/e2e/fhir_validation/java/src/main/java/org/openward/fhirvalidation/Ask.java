package org.openward.fhirvalidation;

import ca.uhn.fhir.context.FhirContext;
import ca.uhn.fhir.context.PerformanceOptionsEnum;
import ca.uhn.fhir.rest.api.Constants;
import ca.uhn.fhir.rest.api.EncodingEnum;
import ca.uhn.fhir.rest.api.SearchStyleEnum;
import ca.uhn.fhir.rest.api.SummaryEnum;
import ca.uhn.fhir.rest.client.api.IGenericClient;
import ca.uhn.fhir.rest.client.api.ServerValidationModeEnum;
import ca.uhn.fhir.rest.client.interceptor.BearerTokenAuthInterceptor;
import ca.uhn.fhir.rest.gclient.IQuery;
import ca.uhn.fhir.rest.server.exceptions.BaseServerResponseException;
import java.util.ArrayList;
import java.util.List;
import org.hl7.fhir.r4.model.Bundle;
import org.hl7.fhir.r4.model.CapabilityStatement;
import org.hl7.fhir.r4.model.Encounter;
import org.hl7.fhir.r4.model.Identifier;
import org.hl7.fhir.r4.model.Observation;
import org.hl7.fhir.r4.model.OperationOutcome;
import org.hl7.fhir.r4.model.Parameters;
import org.hl7.fhir.r4.model.Patient;
import org.hl7.fhir.r4.model.StringType;

/**
 * What an integration engineer does with HAPI's own client, which first reads the CapabilityStatement.
 *
 * <p>Arguments: the base URL, and a patient with vital signs and encounters. FHIR_TOKEN: the access token.
 * Standard output: a line for each step, its name, a tab, and {@code ok} or what went wrong.
 */
public final class Ask {
    private final IGenericClient client;
    private final String patient;

    private Ask(IGenericClient client, String patient) {
        this.client = client;
        this.patient = patient;
    }

    public static void main(String[] arguments) {
        FhirContext r4 = FhirContext.forR4();
        r4.setPerformanceOptions(PerformanceOptionsEnum.DEFERRED_MODEL_SCANNING);
        r4.getRestfulClientFactory().setServerValidationMode(ServerValidationModeEnum.ONCE);
        IGenericClient client = r4.newRestfulGenericClient(arguments[0]);
        client.registerInterceptor(new BearerTokenAuthInterceptor(System.getenv("FHIR_TOKEN")));
        new Ask(client, arguments[1]).run();
    }

    private void run() {
        step("capabilities", () -> {
            var told = client.capabilities().ofType(CapabilityStatement.class).execute();
            same(List.of("Patient", "Observation", "Encounter"),
                    told.getRestFirstRep().getResource().stream().map(each -> each.getType()).toList());
        });
        step("patient read", () -> same(patient, read().getIdElement().getIdPart()));
        step("patient read if changed", () -> {
            var seen = client.read().resource(Patient.class).withId(patient)
                    .ifVersionMatches(read().getMeta().getVersionId()).returnNull().execute();
            same(true, seen == null);
        });
        step("patient version read", () -> client.read().resource(Patient.class)
                .withIdAndVersion(patient, "1").execute());
        step("patient history", () -> same(1, client.history()
                .onInstance("Patient/" + patient).returnBundle(Bundle.class).execute().getTotal()));
        step("patient searched by identifier", () -> same(1, client.search().forResource(Patient.class)
                .where(Patient.IDENTIFIER.exactly().systemAndIdentifier("urn:openward:mrn", mrn()))
                .returnBundle(Bundle.class).execute().getTotal()));
        step("patient searched by form", () -> same(1, client.search().forResource(Patient.class)
                .where(Patient.FAMILY.matches().value(read().getNameFirstRep().getFamily()))
                .and(Patient.RES_ID.exactly().code(patient))
                .usingStyle(SearchStyleEnum.POST).returnBundle(Bundle.class).execute().getTotal()));
        step("patient matched", () -> {
            var asked = new Parameters();
            asked.addParameter().setName("resource").setResource(read());
            var found = client.operation().onType(Patient.class).named("$match")
                    .withParameters(asked).returnResourceType(Bundle.class).execute();
            same("Patient/" + patient, found.getEntryFirstRep().getResource().getIdElement()
                    .toUnqualifiedVersionless().getValue());
        });
        step("identifiers cross-referenced", () -> {
            var found = client.operation().onType(Patient.class).named("$ihe-pix")
                    .withParameter(Parameters.class, "sourceIdentifier", new StringType("urn:openward:mrn|" + mrn()))
                    .useHttpGet().execute();
            same(true, found.getParameter().stream().anyMatch(each -> each.getValue() instanceof Identifier));
        });
        step("observations searched", () -> same(true, pulses().returnBundle(Bundle.class).execute()
                .getEntry().stream().allMatch(each -> ((Observation) each.getResource()).hasValueQuantity())));
        step("observations searched by form", () -> same(
                pulses().returnBundle(Bundle.class).execute().getTotal(),
                pulses().usingStyle(SearchStyleEnum.POST).returnBundle(Bundle.class).execute().getTotal()));
        step("observations page by page", () -> same(
                ids(observations().count(100).returnBundle(Bundle.class).execute()), paged()));
        step("observation read", () -> {
            var first = (Observation) observations().returnBundle(Bundle.class).execute().getEntryFirstRep().getResource();
            var again = client.read().resource(Observation.class).withId(first.getIdElement().getIdPart()).execute();
            same(first.getMeta().getVersionId(), again.getIdElement().getVersionIdPart());
        });
        step("observations counted", () -> {
            var counted = observations().summaryMode(SummaryEnum.COUNT).returnBundle(Bundle.class).execute();
            same(ids(observations().count(100).returnBundle(Bundle.class).execute()).size(), counted.getTotal());
            same(false, counted.hasEntry());
        });
        step("encounters searched", () -> same(1, client.search().forResource(Encounter.class)
                .where(Encounter.PATIENT.hasId("Patient/" + patient))
                .and(Encounter.STATUS.exactly().code("finished"))
                .returnBundle(Bundle.class).execute().getEntry().size()));
        step("encounter of an observation", () -> {
            var seen = (Observation) observations().returnBundle(Bundle.class).execute().getEntryFirstRep().getResource();
            client.read().resource(Encounter.class).withUrl(seen.getEncounter().getReference()).execute();
        });
        step("json by _format", () -> pulses().encoded(EncodingEnum.JSON).returnBundle(Bundle.class).execute());
        step("json of R4 by Accept", () -> pulses().accept("application/fhir+json;fhirVersion=4.0")
                .returnBundle(Bundle.class).execute());
        step("xml refused", () -> refused(406, () -> pulses().encodedXml().returnBundle(Bundle.class).execute()));
        step("what shortens ignored", () -> pulses().summaryMode(SummaryEnum.TRUE).elementsSubset("id")
                .include(Observation.INCLUDE_PATIENT).returnBundle(Bundle.class).execute());
        step("what shortens refused if strict", () -> refused(400, () -> pulses()
                .include(Observation.INCLUDE_PATIENT)
                .withAdditionalHeader(Constants.HEADER_PREFER, "handling=strict")
                .returnBundle(Bundle.class).execute()));
        step("order kept", () -> pulses().sort().descending(Observation.DATE).returnBundle(Bundle.class).execute());
        step("other order refused", () -> refused(400, () -> pulses().sort().ascending(Observation.CODE)
                .returnBundle(Bundle.class).execute()));
        step("nobody not found", () -> refused(404, () -> client.read().resource(Patient.class).withId("nobody").execute()));
        step("unknown resource not found", () -> refused(404, () -> client.read().resource("Medication").withId("1").execute()));
        step("without a token refused", () -> {
            client.getInterceptorService().unregisterAllInterceptors();
            refused(401, this::read);
        });
    }

    private Patient read() {
        return client.read().resource(Patient.class).withId(patient).execute();
    }

    private String mrn() {
        return read().getIdentifier().stream()
                .filter(each -> each.getSystem().equals("urn:openward:mrn")).findFirst().orElseThrow().getValue();
    }

    private IQuery<?> observations() {
        return client.search().forResource(Observation.class).where(Observation.PATIENT.hasId("Patient/" + patient));
    }

    private IQuery<?> pulses() {
        return observations().and(Observation.CODE.exactly().systemAndCode("http://loinc.org", "8867-4"));
    }

    private List<String> paged() {
        Bundle page = observations().count(4).returnBundle(Bundle.class).execute();
        List<String> found = new ArrayList<>(ids(page));
        while (page.getLink(Bundle.LINK_NEXT) != null) {
            page = client.loadPage().next(page).execute();
            found.addAll(ids(page));
        }
        return found;
    }

    private static List<String> ids(Bundle bundle) {
        return bundle.getEntry().stream().map(Bundle.BundleEntryComponent::getFullUrl).toList();
    }

    /** With an OperationOutcome. */
    private static void refused(int status, Runnable asked) {
        try {
            asked.run();
        } catch (BaseServerResponseException refusal) {
            same(status, refusal.getStatusCode());
            same(true, ((OperationOutcome) refusal.getOperationOutcome()).hasIssue());
            return;
        }
        throw new AssertionError("not refused");
    }

    private static void same(Object expected, Object seen) {
        if (!expected.equals(seen)) {
            throw new AssertionError(seen + ", expected " + expected);
        }
    }

    /** A step that fails does not keep the next from being tried. */
    private static void step(String name, Runnable step) {
        String outcome = "ok";
        try {
            step.run();
        } catch (RuntimeException | AssertionError failure) {
            outcome = failure.getClass().getSimpleName() + ": "
                    + String.valueOf(failure.getMessage()).replaceAll("\\s+", " ");
        }
        System.out.println(name + "\t" + outcome);
    }
}

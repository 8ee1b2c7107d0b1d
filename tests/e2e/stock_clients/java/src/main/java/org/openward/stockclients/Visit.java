package org.openward.stockclients;

import static org.openward.stockclients.Steps.check;
import static org.openward.stockclients.Steps.same;

import com.nedap.archie.rm.changecontrol.Contribution;
import com.nedap.archie.rm.composition.Composition;
import com.nedap.archie.rm.datastructures.Element;
import com.nedap.archie.rm.datatypes.CodePhrase;
import com.nedap.archie.rm.datavalues.DvCodedText;
import com.nedap.archie.rm.datavalues.DvText;
import com.nedap.archie.rm.datavalues.quantity.DvQuantity;
import com.nedap.archie.rm.directory.Folder;
import com.nedap.archie.rm.ehr.EhrStatus;
import com.nedap.archie.rm.generic.AuditDetails;
import com.nedap.archie.rm.generic.PartyIdentified;
import com.nedap.archie.rm.generic.PartySelf;
import com.nedap.archie.rm.support.identification.GenericId;
import com.nedap.archie.rm.support.identification.ObjectVersionId;
import com.nedap.archie.rm.support.identification.PartyRef;
import com.nedap.archie.rm.support.identification.TerminologyId;
import java.util.List;
import java.util.UUID;
import org.ehrbase.openehr.sdk.client.openehrclient.CompositionEndpoint;
import org.ehrbase.openehr.sdk.client.openehrclient.builder.ContributionBuilder;
import org.ehrbase.openehr.sdk.client.openehrclient.defaultrestclient.DefaultRestClient;
import org.ehrbase.openehr.sdk.client.templateprovider.ClientTemplateProvider;
import org.ehrbase.openehr.sdk.generator.commons.aql.parameter.ParameterValue;
import org.ehrbase.openehr.sdk.generator.commons.aql.parameter.StoredQueryParameter;
import org.ehrbase.openehr.sdk.generator.commons.aql.query.Query;
import org.ehrbase.openehr.sdk.serialisation.RMDataFormat;
import org.ehrbase.openehr.sdk.util.exception.OptimisticLockException;
import org.ehrbase.openehr.sdk.util.exception.WrongStatusCodeException;

/** What a program that was made for EHRbase does with the SDK's client, in one EHR and on one template. */
final class Visit {
    private static final String SYSTOLIC =
            "/content[openEHR-EHR-OBSERVATION.blood_pressure.v2]/data[at0001]/events[at0006]/data[at0003]/items[at0004]";
    private static final String UIDS =
            "SELECT c/uid/value AS uid FROM EHR e[ehr_id/value=$ehr] CONTAINS COMPOSITION c ORDER BY c/uid/value";

    private final Steps steps = new Steps();
    private final DefaultRestClient client;
    private final String templateId;
    private final String flat;
    private UUID ehrId;
    private CompositionEndpoint compositions;
    private ObjectVersionId first;
    private ObjectVersionId second;

    Visit(DefaultRestClient client, String templateId, String flat) {
        this.client = client;
        this.templateId = templateId;
        this.flat = flat;
    }

    void run() {
        templates();
        ehrs();
        compositions();
        versions();
        queries();
        storedQueries();
        directory();
        contributions();
        steps.step("composition deleted", () -> {
            compositions.delete(second);
            check(compositions.findRaw(uuid(second)).isEmpty(), () -> "still there");
        });
    }

    private void templates() {
        var templates = client.templateEndpoint();
        steps.step("template uploaded", () -> templates.ensureExistence(templateId));
        steps.step("template there already", () -> templates.ensureExistence(templateId));
        steps.step("template read", () -> same(
                templateId, templates.findTemplate(templateId).orElseThrow().getTemplateId().getValue()));
        steps.step("template unknown", () -> check(templates.findTemplate("no.such").isEmpty(), () -> "found"));
        steps.step("templates listed", () -> {
            var listed = templates.findAllTemplates().get().stream()
                    .filter(each -> each.getTemplateId().equals(templateId))
                    .findFirst()
                    .orElseThrow();
            same("openEHR-EHR-COMPOSITION.encounter.v1", listed.getArchetypeId());
            check(listed.getCreatedOn() != null, () -> "no time");
        });
    }

    private void ehrs() {
        var ehrs = client.ehrEndpoint();
        steps.step("ehr created", () -> {
            ehrId = ehrs.createEhr();
            compositions = client.compositionEndpoint(ehrId);
        });
        steps.step("ehr created for a subject", () -> {
            String subject = UUID.randomUUID().toString();
            UUID theirs = ehrs.createEhr(status(subject));
            EhrStatus read = ehrs.getEhrStatus(theirs).orElseThrow();
            same(subject, read.getSubject().getExternalRef().getId().getValue());
        });
        steps.step("ehr unknown", () -> check(ehrs.getEhrStatus(UUID.randomUUID()).isEmpty(), () -> "found"));
        steps.step("ehr_status changed", () -> {
            EhrStatus status = ehrs.getEhrStatus(ehrId).orElseThrow();
            status.setSubject(status(UUID.randomUUID().toString()).getSubject());
            ehrs.updateEhrStatus(ehrId, status);
            EhrStatus read = ehrs.getEhrStatus(ehrId).orElseThrow();
            same(status.getSubject().getExternalRef().getId(), read.getSubject().getExternalRef().getId());
            check(read.getUid().getValue().endsWith("::2"), read::getUid);
        });
    }

    private void compositions() {
        steps.step("composition made of FLAT written", () -> {
            first = compositions.mergeRaw(fromFlat());
            check(first.getValue().endsWith("::1"), () -> first);
        });
        steps.step("composition read", () -> {
            Composition read = compositions.findRaw(uuid(first)).orElseThrow();
            same(first.getValue(), read.getUid().getValue());
            same(120.0, systolic(read));
            same(templateId, read.getArchetypeDetails().getTemplateId().getValue());
        });
        steps.step("composition unknown", () ->
                check(compositions.findRaw(UUID.randomUUID()).isEmpty(), () -> "found"));
        steps.step("composition's next version written", () -> {
            Composition read = compositions.findRaw(uuid(first)).orElseThrow();
            element(read).setValue(new DvQuantity("mm[Hg]", 131.0, 0L));
            second = compositions.mergeRaw(read);
            same(first.getValue().replace("::1", "::2"), second.getValue());
            same(131.0, systolic(compositions.findRaw(uuid(first)).orElseThrow()));
        });
        steps.step("composition outdated", () -> {
            Composition outdated = fromFlat();
            outdated.setUid(first);
            try {
                compositions.mergeRaw(outdated);
                throw new AssertionError("written");
            } catch (OptimisticLockException expected) {
                same(131.0, systolic(compositions.findRaw(uuid(first)).orElseThrow()));
            }
        });
    }

    private void versions() {
        var versioned = client.versionedCompositionEndpoint(ehrId);
        steps.step("versioned composition read", () -> same(
                uuid(first).toString(), versioned.find(uuid(first)).orElseThrow().getUid().getValue()));
        steps.step("revision history read", () -> {
            var history = versioned.findRevisionHistory(uuid(first));
            same(2, history.size());
            same("creation", history.get(0).getAudits().get(0).getChangeType().getValue());
        });
        steps.step("version by id read", () -> {
            var version = versioned.findVersionById(uuid(first), first, Composition.class).orElseThrow();
            same(120.0, systolic(version.getData()));
            same(first.getValue(), version.getUid().getValue());
        });
        steps.step("latest version read", () -> same(131.0, systolic(
                versioned.findVersionAtTime(uuid(first), null, Composition.class).orElseThrow().getData())));
    }

    private void queries() {
        var aql = client.aqlEndpoint();
        steps.step("query run", () -> same(
                List.of(List.of(second.getValue())),
                aql.executeRaw(Query.buildNativeQuery(UIDS, String.class), ehr()).getRows()));
        steps.step("query's records read", () -> {
            var query = Query.buildNativeQuery(
                    "SELECT c, c/uid/value FROM EHR e[ehr_id/value=$ehr] CONTAINS COMPOSITION c",
                    Composition.class, String.class);
            var records = aql.execute(query, ehr());
            same(1, records.size());
            same(131.0, systolic(records.get(0).value1()));
            same(second.getValue(), records.get(0).value2());
        });
        steps.step("unreadable query refused", () -> {
            try {
                aql.executeRaw(Query.buildNativeQuery("SELECT nonsense", String.class));
                throw new AssertionError("run");
            } catch (WrongStatusCodeException refused) {
                same(400, refused.getActualStatusCode());
            }
        });
    }

    private void storedQueries() {
        var aql = client.aqlEndpoint();
        String name = "org.example." + UUID.randomUUID().toString().substring(0, 8) + "::uids";
        steps.step("query stored", () -> aql.storeAqlQuery(
                Query.buildNativeQuery(UIDS, String.class), new StoredQueryParameter(name, "1.0.0")));
        steps.step("stored query read", () -> {
            var stored = aql.getStoredAqlQuery(new StoredQueryParameter(name, "1.0.0"));
            same(name, stored.getName());
            same("1.0.0", stored.getVersion());
            same(UIDS, stored.getAqlQuery());
        });
        steps.step("stored query run", () -> {
            var named = new StoredQueryParameter(name, "1.0.0").addQueryParam("ehr", ehrId.toString());
            same(List.of(List.of(second.getValue())), aql.executeStoredQuery(named).getRows());
        });
        steps.step("stored query run for a page", () -> {
            var named = new StoredQueryParameter(name, "1.0.0").addQueryParam("ehr", ehrId.toString());
            same(List.of(), aql.executeStoredQuery(named.offset(1).fetch(1)).getRows());
        });
    }

    private void directory() {
        var directory = client.directoryCrudEndpoint(ehrId);
        steps.step("directory not there", () -> check(directory.getDirectory().isEmpty(), () -> "found"));
        steps.step("directory created", () -> {
            var version = directory.createDirectory(folder("root", folder("episodes")));
            Folder read = directory.getDirectory().orElseThrow();
            same(version.getValue(), read.getUid().getValue());
            same("episodes", read.getFolders().get(0).getName().getValue());
        });
        steps.step("directory changed", () -> {
            Folder read = directory.getDirectory().orElseThrow();
            read.addFolder(folder("letters"));
            check(directory.updateDirectory(read).getValue().endsWith("::2"), () -> "not the second");
            same(2, directory.getDirectory().orElseThrow().getFolders().size());
        });
    }

    private void contributions() {
        var contributions = client.contributionEndpoint(ehrId);
        steps.step("contribution committed", () -> {
            Composition next = compositions.findRaw(uuid(second)).orElseThrow();
            next.setUid(null);
            element(next).setValue(new DvQuantity("mm[Hg]", 142.0, 0L));
            UUID uid = contributions.saveContribution(ContributionBuilder.builder(audit())
                    .addCompositionCreation(fromFlat())
                    .addCompositionModification(next, second.getValue())
                    .build());
            second = new ObjectVersionId(second.getValue().replaceFirst("::2$", "::3"));
            same(142.0, systolic(compositions.findRaw(uuid(second)).orElseThrow()));
            Contribution read = contributions.find(uid).orElseThrow();
            same(uid.toString(), read.getUid().getValue());
            same(2, read.getVersions().size());
            check(
                    read.getVersions().stream().anyMatch(each -> each.getId().equals(second)),
                    () -> read.getVersions().get(0).getId());
        });
    }

    private Composition fromFlat() {
        return RMDataFormat.sdtFlatJSON(new ClientTemplateProvider(client), templateId).unmarshal(flat);
    }

    private ParameterValue<UUID> ehr() {
        return new ParameterValue<>("ehr", ehrId);
    }

    private static UUID uuid(ObjectVersionId version) {
        return UUID.fromString(version.getObjectId().getValue());
    }

    private static double systolic(Composition composition) {
        return ((DvQuantity) element(composition).getValue()).getMagnitude();
    }

    private static Element element(Composition composition) {
        return (Element) composition.itemAtPath(SYSTOLIC);
    }

    private static EhrStatus status(String subject) {
        PartySelf self = new PartySelf(new PartyRef(new GenericId(subject, "id_scheme"), "hospital", "PERSON"));
        return new EhrStatus("openEHR-EHR-EHR_STATUS.generic.v1", new DvText("EHR Status"), self, true, true, null);
    }

    private static Folder folder(String name, Folder... folders) {
        Folder folder = new Folder();
        folder.setArchetypeNodeId("openEHR-EHR-FOLDER.generic.v1");
        folder.setName(new DvText(name));
        for (Folder each : folders) folder.addFolder(each);
        return folder;
    }

    private static AuditDetails audit() {
        PartyIdentified committer = new PartyIdentified();
        committer.setName("Dr. Example");
        DvCodedText creation = new DvCodedText("creation", new CodePhrase(new TerminologyId("openehr"), "249"));
        return new AuditDetails(
                "example.hospital", committer, null, creation, new DvText("A visit"));
    }
}

package org.openward.stockclients;

import java.net.URI;
import java.util.List;
import org.apache.http.impl.client.HttpClients;
import org.apache.http.message.BasicHeader;
import org.ehrbase.openehr.sdk.client.openehrclient.OpenEhrClientConfig;
import org.ehrbase.openehr.sdk.client.openehrclient.defaultrestclient.DefaultRestClient;
import org.ehrbase.openehr.sdk.client.templateprovider.ClientTemplateProvider;
import org.ehrbase.openehr.sdk.generator.commons.aql.parameter.ParameterValue;
import org.ehrbase.openehr.sdk.generator.commons.aql.query.Query;
import org.ehrbase.openehr.sdk.serialisation.RMDataFormat;

public final class FirstSteps {
    private static final String FLAT = """
            {"ctx/language": "en", "ctx/territory": "GB", "ctx/composer_name": "Dr. Example",
             "vital_signs/blood_pressure/any_event:0/systolic|magnitude": 120,
             "vital_signs/blood_pressure/any_event:0/systolic|unit": "mm[Hg]",
             "vital_signs/blood_pressure/any_event:0/position|code": "at1001"}""";

    public static void main(String[] arguments) {
        var token = new BasicHeader("Authorization", "Bearer " + System.getenv("OPENWARD_TOKEN"));
        var http = HttpClients.custom().setDefaultHeaders(List.of(token)).build();
        var config = new OpenEhrClientConfig(URI.create(System.getenv("OPENWARD_URL") + "/ehrbase/"));
        var client = new DefaultRestClient(config, null, http);

        var ehrId = client.ehrEndpoint().createEhr();
        var format = RMDataFormat.sdtFlatJSON(new ClientTemplateProvider(client), "openward_vital_signs.v1");
        var uid = client.compositionEndpoint(ehrId).mergeRaw(format.unmarshal(FLAT));
        var aql = "SELECT c/uid/value FROM EHR e[ehr_id/value=$ehr] CONTAINS COMPOSITION c";
        var query = Query.buildNativeQuery(aql, String.class);
        var found = client.aqlEndpoint().execute(query, new ParameterValue<>("ehr", ehrId));
        System.out.println(found.size() + " " + found.get(0).value1().equals(uid.getValue()));
    }
}

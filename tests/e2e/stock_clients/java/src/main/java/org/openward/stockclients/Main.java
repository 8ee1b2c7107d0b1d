package org.openward.stockclients;

import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import org.apache.http.HttpHeaders;
import org.apache.http.impl.client.HttpClients;
import org.apache.http.message.BasicHeader;
import org.ehrbase.openehr.sdk.client.openehrclient.OpenEhrClientConfig;
import org.ehrbase.openehr.sdk.client.openehrclient.defaultrestclient.DefaultRestClient;
import org.openehr.schemas.v1.OPERATIONALTEMPLATE;
import org.openehr.schemas.v1.TemplateDocument;

/** Arguments: the base URL, a template (OPT 1.4) and a FLAT composition. OPENEHR_AUTHORIZATION: the header's value. */
public final class Main {
    private Main() {}

    public static void main(String[] arguments) throws Exception {
        OPERATIONALTEMPLATE template =
                TemplateDocument.Factory.parse(Path.of(arguments[1]).toFile()).getTemplate();
        var authorization = new BasicHeader(HttpHeaders.AUTHORIZATION, System.getenv("OPENEHR_AUTHORIZATION"));
        var http = HttpClients.custom().setDefaultHeaders(List.of(authorization)).build();
        var config = new OpenEhrClientConfig(URI.create(arguments[0]));
        var client = new DefaultRestClient(config, id -> Optional.of(template), http);
        String templateId = template.getTemplateId().getValue();
        new Visit(client, templateId, Files.readString(Path.of(arguments[2]))).run();
    }
}

package org.openward.fhirvalidation;

import ca.uhn.fhir.context.FhirContext;
import ca.uhn.fhir.context.support.DefaultProfileValidationSupport;
import ca.uhn.fhir.validation.FhirValidator;
import ca.uhn.fhir.validation.SingleValidationMessage;
import ca.uhn.fhir.validation.ValidationOptions;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import org.hl7.fhir.common.hapi.validation.support.CommonCodeSystemsTerminologyService;
import org.hl7.fhir.common.hapi.validation.support.InMemoryTerminologyServerValidationSupport;
import org.hl7.fhir.common.hapi.validation.support.ValidationSupportChain;
import org.hl7.fhir.common.hapi.validation.validator.FhirInstanceValidator;
import org.hl7.fhir.r5.utils.validation.constants.BestPracticeWarningLevel;

/**
 * Checks resources against FHIR R4 and the profiles that they claim or that are asked for, with what HL7
 * publishes of R4 and nothing of the network.
 *
 * <p>Standard input: a line of JSON for each, with {@code name}, {@code text} (the resource as it was sent) and
 * {@code profiles}. Standard output: a line of JSON for each message, with {@code name}, {@code severity},
 * {@code location} and {@code message}.
 */
public final class Validate {

  private static final ObjectMapper JSON = new ObjectMapper();

  private Validate() {}

  public static void main(String[] arguments) throws IOException {
    FhirValidator validator = validator(FhirContext.forR4());
    var input = new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8));
    for (String line = input.readLine(); line != null; line = input.readLine()) {
      JsonNode given = JSON.readTree(line);
      var options = new ValidationOptions();
      given.get("profiles").forEach(profile -> options.addProfile(profile.asText()));
      var result = validator.validateWithResult(given.get("text").asText(), options);
      for (SingleValidationMessage message : result.getMessages()) {
        System.out.println(told(given.get("name").asText(), message));
      }
    }
  }

  private static FhirValidator validator(FhirContext r4) {
    var known = new ValidationSupportChain(
        new DefaultProfileValidationSupport(r4),
        new CommonCodeSystemsTerminologyService(r4),
        new InMemoryTerminologyServerValidationSupport(r4));
    var instances = new FhirInstanceValidator(known);
    instances.setAnyExtensionsAllowed(true);
    instances.setBestPracticeWarningLevel(BestPracticeWarningLevel.Ignore);
    return r4.newValidator().registerValidatorModule(instances);
  }

  private static ObjectNode told(String name, SingleValidationMessage message) {
    return JSON.createObjectNode()
        .put("name", name)
        .put("severity", message.getSeverity().getCode())
        .put("location", message.getLocationString())
        .put("message", message.getMessage());
  }
}

# Keycloak with its build step done (https://www.keycloak.org/server/containers): the file system of the container that
# runs it cannot be written to.
FROM quay.io/keycloak/keycloak:26.7.3 AS build
ENV KC_DB=postgres KC_HEALTH_ENABLED=true
RUN /opt/keycloak/bin/kc.sh build

FROM quay.io/keycloak/keycloak:26.7.3
COPY --from=build /opt/keycloak/lib/quarkus/ /opt/keycloak/lib/quarkus/
ENV KC_DB=postgres KC_HEALTH_ENABLED=true
USER 1000:0

package org.openward.ehrbase;

import org.ehrbase.configuration.EhrBaseServerConfiguration;
import org.springframework.boot.SpringApplication;
import org.springframework.boot.actuate.autoconfigure.security.servlet.ManagementWebSecurityAutoConfiguration;
import org.springframework.boot.autoconfigure.SpringBootApplication;
import org.springframework.boot.autoconfigure.r2dbc.R2dbcAutoConfiguration;
import org.springframework.boot.autoconfigure.security.servlet.SecurityAutoConfiguration;
import org.springframework.context.annotation.Import;

/**
 * EHRbase started from its published modules: its own start class is not published as a Maven artifact.
 *
 * <p>The excluded auto-configurations are those that EHRbase replaces by its own security, and R2DBC, which comes with
 * jOOQ and would look for a second database.
 */
@SpringBootApplication(
        exclude = {
            ManagementWebSecurityAutoConfiguration.class,
            R2dbcAutoConfiguration.class,
            SecurityAutoConfiguration.class
        })
@Import(EhrBaseServerConfiguration.class)
public class Server {

    public static void main(String[] arguments) {
        SpringApplication.run(Server.class, arguments);
    }
}

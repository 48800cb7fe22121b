package org.pgdeltastream.launch.server;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.apache.tomcat.util.modeler.Registry;

/** What TomEE does at a start for other applications, and is left out for this one. */
final class LeanStart {
  /** TomEE's own has a thousand media types. What the application does not answer is 404. */
  private static final String WEB =
      """
      <?xml version="1.0" encoding="UTF-8"?>
      <web-app xmlns="https://jakarta.ee/xml/ns/jakartaee" version="6.0">
        <servlet>
          <servlet-name>default</servlet-name>
          <servlet-class>org.apache.catalina.servlets.DefaultServlet</servlet-class>
          <load-on-startup>1</load-on-startup>
        </servlet>
        <servlet-mapping>
          <servlet-name>default</servlet-name>
          <url-pattern>/</url-pattern>
        </servlet-mapping>
      </web-app>
      """;

  /** No jar has pages or tags. */
  private static final String PROPERTIES =
      "tomcat.util.scan.StandardJarScanFilter.jarsToSkip=*.jar\n";

  private LeanStart() {}

  /** Before the container's class is loaded: no classes ahead of their use, no agent, no JMX. */
  static void prepare() {
    System.setProperty("tomee.warmup.skip", "true");
    System.setProperty("tomee.embedded.javaagent.auto.skip", "true");
    Registry.disableRegistry();
  }

  /** Files that the container would write from templates if it did not find them. */
  static void writeFiles(Path tomee) throws IOException {
    Path configuration = Files.createDirectories(tomee.resolve("conf"));
    Files.writeString(configuration.resolve("web.xml"), WEB);
    Files.writeString(configuration.resolve("catalina.properties"), PROPERTIES);
  }
}

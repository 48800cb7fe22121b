package org.pgdeltastream.support.servers;

import java.io.IOException;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import org.pgdeltastream.support.TestDatabase;

/** An application server that serves the built WAR on a free loopback port. */
public interface ApplicationServer extends AutoCloseable {
  /**
   * What a server is started with.
   *
   * @param database where to stream from; without one the server is not configured at all: no
   *     driver, no DataSource, no executor
   * @param contextPath empty, or such as {@code /delta}
   * @param settings ours, by their names without {@code pgdelta.}
   */
  record Setup(Optional<TestDatabase> database, String contextPath, Map<String, String> settings) {
    /** As server-config has it, at the root. */
    public static Setup configured(TestDatabase database, Map<String, String> settings) {
      return new Setup(Optional.of(database), "", settings);
    }

    /**
     * All settings, as environment variables; {@code -Dpgdelta.test.websocket} adds who writes
     * frames.
     */
    Map<String, String> variables() {
      Map<String, String> all = new LinkedHashMap<>();
      Optional.ofNullable(System.getProperty("pgdelta.test.websocket"))
          .ifPresent(websocket -> all.put("PGDELTA_WEBSOCKET", websocket));
      database.ifPresent(
          open -> {
            all.put("PGDELTA_DATABASE_URL", open.jdbcUrl());
            all.put("PGDELTA_DATABASE_USER", open.user());
            all.put("PGDELTA_DATABASE_PASSWORD", open.password());
          });
      settings.forEach(
          (name, value) ->
              all.put("PGDELTA_" + name.replace('-', '_').toUpperCase(Locale.ROOT), value));
      return all;
    }

    /** The WAR's file name, which is the context on some servers. */
    String warName() {
      return (contextPath.isEmpty() ? "ROOT" : contextPath.substring(1)) + ".war";
    }
  }

  /**
   * The one that {@code -Dpgdelta.test.server} names, TomEE if none; it answers when this returns.
   */
  static ApplicationServer start(Setup setup) throws Exception {
    String name = System.getProperty("pgdelta.test.server", "tomee");
    return switch (name) {
      case "tomee" -> EmbeddedTomee.start(setup);
      case "installed-tomee" -> ServerProcess.start(new Tomee(setup));
      case "wildfly" -> ServerProcess.start(new WildFly(setup));
      case "payara" -> ServerProcess.start(new PayaraMicro(setup));
      case "liberty" -> ServerProcess.start(new Liberty(setup));
      case "payara-server" -> ServerProcess.start(GlassFish.payara(setup));
      case "glassfish" -> ServerProcess.start(GlassFish.itself(setup));
      default -> throw new IOException("No such server: " + name);
    };
  }

  /** The WAR that was built. */
  static Path war() {
    return Path.of(System.getProperty("pgdelta.test.war", "target/pgdeltastream.war"));
  }

  /** The application's address, without a slash at its end. */
  String base();

  /** The JVM that serves. */
  long pid();

  /** Takes the application away and deploys it anew; it answers when this returns. */
  void redeploy() throws Exception;

  /**
   * Whether the server lets go of an application that was taken away. Where it does not, each
   * redeployment leaves one in its memory; which of the two is at fault is not known.
   */
  default boolean forgetsApplications() {
    return true;
  }

  /** Whether the application writes frames itself here, unless it is told otherwise. */
  default boolean writesOwnFrames() {
    return false;
  }

  /** What the server has said so far. */
  String log() throws IOException;

  /** Stops it as its operator does, and waits for its end. */
  void stop() throws Exception;

  /** Ends what {@link #stop} has not. */
  @Override
  void close() throws IOException;
}

package org.pgdeltastream.support.servers;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Properties;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.logging.Handler;
import java.util.logging.LogRecord;
import java.util.logging.Logger;
import org.apache.tomee.embedded.Configuration;
import org.apache.tomee.embedded.Container;

/** TomEE in this JVM, with server-config/tomee/tomee.xml. One at a time: its instance is static. */
final class EmbeddedTomee implements ApplicationServer {
  private static final Logger OURS = Logger.getLogger("org.pgdeltastream");

  private final Setup setup;
  private final Path home;
  private final Container container = new Container();
  private final Queue<String> log = new ConcurrentLinkedQueue<>();
  private final List<String> properties = new ArrayList<>();
  private final Handler listener =
      new Handler() {
        @Override
        public void publish(LogRecord line) {
          log.add(line.getLevel() + " " + line.getMessage());
        }

        @Override
        public void flush() {}

        @Override
        public void close() {}
      };
  private boolean running;

  private EmbeddedTomee(Setup setup) throws IOException {
    this.setup = setup;
    Path all = Path.of(System.getProperty("pgdelta.test.directory", "target/it"));
    Files.createDirectories(all);
    home = Files.createTempDirectory(all, "tomee");
  }

  static ApplicationServer start(Setup setup) throws Exception {
    EmbeddedTomee server = new EmbeddedTomee(setup);
    try {
      server.start();
      return server;
    } catch (Exception e) {
      server.close();
      throw e;
    }
  }

  private void start() throws Exception {
    OURS.addHandler(listener);
    setup
        .variables()
        .forEach(
            (variable, value) -> {
              String name = variable.toLowerCase(Locale.ROOT).replace('_', '-');
              properties.add(name.replaceFirst("-", "."));
              System.setProperty(name.replaceFirst("-", "."), value);
            });
    Configuration configuration = new Configuration();
    configuration.setHost("127.0.0.1");
    configuration.randomHttpPort();
    configuration.setStopPort(-1);
    configuration.setDir(home.resolve("tomee").toString());
    configuration.setQuickSession(true);
    Properties resources = new Properties();
    if (setup.database().isPresent()) {
      resources.putAll(setup.variables());
      resources.setProperty(
          "openejb.conf.file", Path.of("server-config", "tomee", "tomee.xml").toUri().toString());
    }
    configuration.setProperties(resources);
    container.setup(configuration);
    container.start();
    running = true;
    deploy();
  }

  private void deploy() throws Exception {
    Path application = home.resolve(setup.warName()); // it is unpacked beside its file
    Files.copy(ApplicationServer.war(), application);
    container.deploy(setup.contextPath(), application.toFile(), true);
  }

  private void undeploy() throws Exception {
    container.undeploy(setup.contextPath());
    Files.delete(home.resolve(setup.warName()));
  }

  @Override
  public String base() {
    return "http://127.0.0.1:"
        + container.getTomcat().getService().findConnectors()[0].getLocalPort()
        + setup.contextPath();
  }

  @Override
  public long pid() {
    return ProcessHandle.current().pid();
  }

  @Override
  public void redeploy() throws Exception {
    undeploy();
    deploy();
  }

  @Override
  public boolean writesOwnFrames() {
    return true;
  }

  @Override
  public String log() {
    return String.join("\n", log);
  }

  @Override
  public void stop() throws Exception {
    undeploy();
    close();
  }

  @Override
  public void close() throws IOException {
    OURS.removeHandler(listener);
    properties.forEach(System::clearProperty);
    try {
      if (running) {
        running = false;
        container.close();
      }
    } catch (Exception e) {
      throw new IOException(e);
    }
  }
}

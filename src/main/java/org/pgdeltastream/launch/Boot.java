package org.pgdeltastream.launch;

import java.io.IOException;
import java.io.InputStream;
import java.lang.reflect.InvocationTargetException;
import java.net.URISyntaxException;
import java.net.URL;
import java.net.URLClassLoader;
import java.nio.charset.Charset;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.jar.JarEntry;
import java.util.jar.JarFile;

/**
 * The runnable jar's main class. It needs the JDK alone: what else there is lies in the jar as
 * jars, and is unpacked only for the server.
 */
public final class Boot {
  private static final String PATCH = "patch/";

  private Boot() {}

  /** Does what the command line asks for. */
  public static void main(String[] arguments) throws Exception {
    Locale.setDefault(Locale.ROOT); // not all that runs here can do with digits of a language's own
    if ("a".getBytes(Charset.defaultCharset()).length > 1) {
      System.err.println(
          "pgdeltastream: leave out -Dfile.encoding: the server's files are not of it");
      System.exit(2);
    }
    Command command;
    try {
      command = Arguments.parse(arguments, System::getenv, System::getProperty);
    } catch (BadArgumentException e) {
      System.err.println("pgdeltastream: " + e.getMessage());
      System.exit(2);
      return;
    }
    if (command instanceof Command.Help) {
      System.out.print(Arguments.HELP);
    } else if (command instanceof Command.Version) {
      System.out.println("pgdeltastream " + version());
    } else if (command instanceof Command.Watch watch) {
      System.exit(Watch.run(watch));
    } else {
      serve(arguments);
    }
  }

  private static String version() {
    return Optional.ofNullable(Boot.class.getPackage().getImplementationVersion())
        .orElse("(not built)");
  }

  private static void serve(String[] arguments) throws Exception {
    Path jar = ownJar();
    Path directory = Files.createTempDirectory("pgdeltastream");
    try {
      ClassLoader loader = unpack(jar, directory);
      Thread.currentThread().setContextClassLoader(loader);
      Class.forName("org.pgdeltastream.launch.Launcher", true, loader)
          .getMethod("run", Path.class, Path.class, String[].class)
          .invoke(null, jar, directory, arguments);
    } catch (InvocationTargetException | IOException e) {
      Throwable cause = e instanceof InvocationTargetException ? e.getCause() : e;
      System.err.println("pgdeltastream: " + cause);
      System.exit(1);
    }
  }

  private static Path ownJar() throws URISyntaxException {
    return Path.of(Boot.class.getProtectionDomain().getCodeSource().getLocation().toURI());
  }

  private static ClassLoader unpack(Path jar, Path directory) throws IOException {
    List<Path> libraries = new ArrayList<>();
    boolean patch = Runtime.version().feature() >= 24; // SecurityPatch says why
    try (JarFile file = new JarFile(jar.toFile())) {
      for (JarEntry entry : Collections.list(file.entries())) {
        String name = entry.getName();
        boolean library = name.startsWith("lib/") && name.endsWith(".jar");
        boolean wanted = library || name.equals("app.war") || (patch && name.startsWith(PATCH));
        Path target = directory.resolve(name).normalize();
        if (entry.isDirectory() || !wanted || !target.startsWith(directory)) {
          continue;
        }
        Files.createDirectories(target.resolveSibling("."));
        try (InputStream content = file.getInputStream(entry)) {
          Files.copy(content, target);
        }
        if (library) {
          libraries.add(target);
        }
      }
    }
    libraries.sort(Comparator.comparing(Boot::rank));
    libraries.add(0, jar);
    if (patch) {
      Files.createDirectories(directory.resolve(PATCH));
      libraries.add(0, directory.resolve(PATCH));
    }
    URL[] urls = new URL[libraries.size()];
    for (int i = 0; i < urls.length; i++) {
      urls[i] = libraries.get(i).toUri().toURL();
    }
    return new URLClassLoader("launcher", urls, ClassLoader.getPlatformClassLoader());
  }

  /** Yasson and Parsson come before TomEE, which brings another JSON. */
  private static String rank(Path library) {
    String name = library.getFileName() + "";
    boolean first = name.startsWith("yasson") || name.startsWith("parsson");
    return (first ? "0" : "1") + name;
  }
}

package org.pgdeltastream.launch;

import java.io.BufferedOutputStream;
import java.io.FileDescriptor;
import java.io.FileOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.io.PrintStream;
import java.lang.reflect.InvocationTargetException;
import java.net.URL;
import java.net.URLClassLoader;
import java.nio.charset.Charset;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import org.pgdeltastream.launch.command.Arguments;
import org.pgdeltastream.launch.command.BadArgumentException;
import org.pgdeltastream.launch.command.Command;
import org.pgdeltastream.launch.command.DoctorArguments;
import org.pgdeltastream.launch.postgres.FileTrees;
import org.pgdeltastream.launch.postgres.ProgramFiles;
import org.pgdeltastream.launch.postgres.UnpackedProgram;
import org.pgdeltastream.launch.remote.RemoteCommands;

/**
 * The runnable jar's main class. It needs the JDK alone: what else there is lies in the jar as
 * jars, and is unpacked only for the server.
 */
public final class Boot {
  private Boot() {}

  /** Does what the command line asks for. */
  public static void main(String[] arguments) throws Exception {
    Locale.setDefault(Locale.ROOT); // not all that runs here can do with digits of a language's own
    if ("a".getBytes(Charset.defaultCharset()).length > 1) {
      System.err.println(
          "pgdeltastream: leave out -Dfile.encoding: the server's files are not of it");
      System.exit(2);
    }
    if (RemoteCommands.begin(arguments)) {
      System.exit(remote(arguments));
    }
    Command command;
    try {
      command = parse(arguments);
    } catch (BadArgumentException e) {
      System.err.println("pgdeltastream: " + e.getMessage());
      System.exit(2);
      return;
    }
    if (command instanceof Command.Help help) {
      System.out.print(help.text());
    } else if (command instanceof Command.Version) {
      String version = Boot.class.getPackage().getImplementationVersion();
      System.out.println("pgdeltastream " + (version == null ? "(not built)" : version));
    } else if (command instanceof Command.Doctor doctor) {
      unpacked((jar, files) -> System.exit(examine(doctor, jar, files)));
    } else {
      unpacked((jar, files) -> serve(arguments, jar, files));
    }
  }

  /** It writes UTF-8, whatever the system's encoding, and not each line by itself. */
  private static int remote(String[] arguments) throws InterruptedException {
    OutputStream output =
        new BufferedOutputStream(new FileOutputStream(FileDescriptor.out), 1 << 16);
    PrintStream out = new PrintStream(output, false, StandardCharsets.UTF_8);
    PrintStream err = new PrintStream(System.err, true, StandardCharsets.UTF_8);
    int status = RemoteCommands.run(arguments, System::getenv, out, err);
    out.flush();
    return status;
  }

  private static Command parse(String[] arguments) throws BadArgumentException {
    return DoctorArguments.begin(arguments)
        ? DoctorArguments.parse(arguments, System::getenv, System::getProperty)
        : Arguments.parse(arguments, System::getenv, System::getProperty);
  }

  /** What needs the jars in the jar. */
  @FunctionalInterface
  private interface Work {
    void run(Path jar, ProgramFiles files) throws Exception;
  }

  private static void serve(String[] arguments, Path jar, ProgramFiles files) throws Exception {
    ClassLoader loader = loader(jar, files.unpacked());
    Thread.currentThread().setContextClassLoader(loader);
    Class.forName("org.pgdeltastream.launch.Launcher", true, loader)
        .getMethod("run", Path.class, Path.class, Path.class, Path.class, String[].class)
        .invoke(null, jar, files.unpacked().directory(), files.run(), files.passing(), arguments);
  }

  /** The WAR's class does it; the WAR is a file here, and its settings are properties. */
  private static int examine(Command.Doctor doctor, Path jar, ProgramFiles files) throws Exception {
    System.setProperty("pgdelta.database-url", doctor.database().jdbcUrl());
    System.setProperty("pgdelta.database-user", doctor.database().user());
    System.setProperty("pgdelta.database-password", doctor.database().password());
    Path war = files.unpacked().directory().resolve("app.war");
    URL[] classes = {new URL("jar:" + war.toUri() + "!/WEB-INF/classes/")};
    try (URLClassLoader loader = new URLClassLoader(classes, loader(jar, files.unpacked()))) {
      Thread.currentThread().setContextClassLoader(loader);
      return (int)
          Class.forName("org.pgdeltastream.web.DoctorCommand", true, loader)
              .getMethod("run", boolean.class, boolean.class)
              .invoke(null, doctor.json(), doctor.strict());
    } finally {
      FileTrees.delete(files.passing());
    }
  }

  private static void unpacked(Work work) throws Exception {
    Path jar = Path.of(Boot.class.getProtectionDomain().getCodeSource().getLocation().toURI());
    String temporary = System.getProperty("java.io.tmpdir", "");
    try {
      ProgramFiles files = ProgramFiles.open(jar, Path.of(temporary).toAbsolutePath());
      System.setProperty("java.io.tmpdir", files.run().toString()); // before it is used
      work.run(jar, files);
    } catch (InvocationTargetException e) {
      System.err.println("pgdeltastream: " + e.getCause());
      System.exit(1);
    } catch (IOException e) {
      System.err.printf(
          "pgdeltastream: cannot unpack into %s (%s); -Djava.io.tmpdir=DIR before -jar takes another%n",
          temporary, e);
      System.exit(1);
    }
  }

  private static ClassLoader loader(Path jar, UnpackedProgram unpacked) throws IOException {
    List<Path> libraries = new ArrayList<>(unpacked.libraries());
    libraries.sort(Comparator.comparing(Boot::rank));
    libraries.add(0, jar);
    if (Runtime.version().feature() >= 24) { // SecurityPatch says why
      libraries.add(0, unpacked.patch());
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

package org.pgdeltastream.web.http;

import static java.lang.System.Logger.Level.DEBUG;

import jakarta.servlet.ServletContext;
import java.io.IOException;
import java.io.InputStream;
import java.util.jar.Manifest;

/** The version of this program, as its WAR says. */
public final class ProgramVersion {
  private static final System.Logger LOG = System.getLogger(ProgramVersion.class.getName());
  private static final String UNKNOWN = "unknown";

  private ProgramVersion() {}

  public static String of(ServletContext context) {
    try (InputStream manifest = context.getResourceAsStream("/META-INF/MANIFEST.MF")) {
      String found =
          manifest == null
              ? null
              : new Manifest(manifest).getMainAttributes().getValue("Implementation-Version");
      return found == null ? UNKNOWN : found;
    } catch (IOException e) {
      LOG.log(DEBUG, "The version of this program is not known", e);
      return UNKNOWN;
    }
  }
}

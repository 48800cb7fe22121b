package org.pgdeltastream.launch;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.util.List;
import java.util.jar.JarFile;
import java.util.zip.ZipEntry;
import org.junit.jupiter.api.Test;

/** Which libraries the runnable jar carries. */
class JarContentsIT {
  private static final String UNUSED =
      "lib/(commons-beanutils|commons-collections|geronimo-mail|quartz|yoko)";

  @Test
  void carriesOnlyJarsAndNoneThatNothingUses() throws IOException {
    try (JarFile jar = new JarFile(System.getProperty("pgdelta.test.jar", ""))) {
      List<String> libraries =
          jar.stream()
              .filter(entry -> !entry.isDirectory())
              .map(ZipEntry::getName)
              .filter(name -> name.startsWith("lib/"))
              .toList();
      assertThat(libraries)
          .anyMatch(name -> name.startsWith("lib/jaxb-runtime"))
          .allMatch(name -> name.endsWith(".jar"), "a jar")
          .noneMatch(name -> name.matches(UNUSED + "[-_].*"));
    }
  }
}

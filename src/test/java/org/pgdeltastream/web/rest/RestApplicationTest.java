package org.pgdeltastream.web.rest;

import static org.assertj.core.api.Assertions.assertThat;

import com.tngtech.archunit.core.domain.JavaClass;
import com.tngtech.archunit.core.importer.ClassFileImporter;
import com.tngtech.archunit.core.importer.ImportOption;
import jakarta.ws.rs.Path;
import jakarta.ws.rs.ext.Provider;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class RestApplicationTest {
  @Test
  void namesEveryResourceAndProvider() {
    List<Class<?>> found =
        new ClassFileImporter()
                .withImportOption(new ImportOption.DoNotIncludeTests())
                .importPackages("org.pgdeltastream.web")
                .stream()
                .filter(c -> c.isAnnotatedWith(Path.class) || c.isAnnotatedWith(Provider.class))
                .<Class<?>>map(JavaClass::reflect)
                .toList();
    assertThat(new RestApplication().getClasses()).containsExactlyInAnyOrderElementsOf(found);
  }

  @ParameterizedTest
  @CsvSource({
    "/ping, GET",
    "ping, GET",
    "/init, 'GET, POST'",
    "/init/, 'GET, POST'",
    "/snapshot/tables, GET",
    "/snapshot, DELETE",
    "/slots, GET",
    "/slots/delta_a, 'DELETE, GET'",
    "/slots/delta_a/x, ''",
    "/nothing, ''",
    "'', ''",
  })
  void tellsTheMethodsOfEachPath(String path, String methods) {
    assertThat(AllowedMethods.of(path)).isEqualTo(methods);
  }
}

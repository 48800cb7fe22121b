package org.pgdeltastream.web.rest;

import static org.assertj.core.api.Assertions.assertThat;

import com.tngtech.archunit.core.domain.JavaClass;
import com.tngtech.archunit.core.importer.ClassFileImporter;
import com.tngtech.archunit.core.importer.ImportOption;
import jakarta.ws.rs.HEAD;
import jakarta.ws.rs.HttpMethod;
import jakarta.ws.rs.Path;
import jakarta.ws.rs.ext.Provider;
import java.lang.reflect.AnnotatedElement;
import java.lang.reflect.Method;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.stream.Stream;
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
    "/doctor, GET",
    "/ping, GET",
    "ping, GET",
    "/init, 'GET, POST'",
    "/init/, 'GET, POST'",
    "/snapshot/tables, GET",
    "/snapshot, DELETE",
    "/slots, GET",
    "/slots/delta_a, 'DELETE, GET'",
    "/slots/delta_a/x, ''",
    "/feeds, GET",
    "/feeds/main, 'DELETE, GET, PUT'",
    "/feeds/main/accept-gap, POST",
    "/openapi.json, GET",
    "/schema/slot.json/, GET",
    "/nothing, ''",
    "'', ''",
  })
  void tellsTheMethodsOfEachPath(String path, String methods) {
    assertThat(RestApplication.methodsOf(path)).isEqualTo(methods);
  }

  @Test
  void tellsEveryMethodOfEveryResource() {
    Map<String, Set<String>> methods = new TreeMap<>();
    for (Class<?> type : new RestApplication().getClasses()) {
      for (Method method : type.getMethods()) {
        Stream.of(method.getAnnotations())
            .filter(annotation -> !(annotation instanceof HEAD))
            .map(annotation -> annotation.annotationType().getAnnotation(HttpMethod.class))
            .filter(Objects::nonNull)
            .forEach(
                http ->
                    methods
                        .computeIfAbsent(path(type) + path(method), path -> new TreeSet<>())
                        .add(http.value()));
      }
    }
    assertThat(methods).hasSize(23);
    methods.forEach(
        (path, all) ->
            assertThat(RestApplication.methodsOf(path)).isEqualTo(String.join(", ", all)));
  }

  private static String path(AnnotatedElement element) {
    Path path = element.getAnnotation(Path.class);
    return path == null ? "" : "/" + path.value();
  }
}

package org.pgdeltastream.web.rest;

import jakarta.ws.rs.HEAD;
import jakarta.ws.rs.HttpMethod;
import jakarta.ws.rs.Path;
import java.lang.annotation.Annotation;
import java.lang.reflect.Method;
import java.util.Arrays;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/** The value of Allow for a path, from the resources themselves: not every server gets it right. */
final class AllowedMethods {
  private AllowedMethods() {}

  /** The path's methods; empty where no resource has the path. */
  static String of(String path) {
    return RestApplication.RESOURCES.stream()
        .flatMap(resource -> Arrays.stream(resource.getMethods()))
        .filter(method -> matches(path, method))
        .flatMap(method -> Arrays.stream(method.getAnnotations()))
        .filter(annotation -> !(annotation instanceof HEAD)) // only to refuse it
        .flatMap(AllowedMethods::httpMethod)
        .sorted()
        .collect(Collectors.joining(", "));
  }

  private static boolean matches(String path, Method method) {
    String template =
        Stream.of(method.getDeclaringClass().getAnnotation(Path.class), path(method))
            .map(part -> part == null ? "" : "/" + part.value())
            .collect(Collectors.joining());
    String plain = path.replaceAll("^/+|/+$", "");
    return ("/" + plain).matches(template.replaceAll("\\{[^}]*\\}", "[^/]+"));
  }

  private static @Nullable Path path(Method method) {
    return method.getAnnotation(Path.class);
  }

  private static Stream<String> httpMethod(Annotation annotation) {
    @Nullable HttpMethod method = annotation.annotationType().getAnnotation(HttpMethod.class);
    return method == null ? Stream.empty() : Stream.of(method.value());
  }
}

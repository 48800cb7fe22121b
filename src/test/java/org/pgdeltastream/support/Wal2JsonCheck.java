package org.pgdeltastream.support;

import java.lang.reflect.Method;
import java.util.List;
import org.junit.jupiter.api.extension.BeforeAllCallback;
import org.junit.jupiter.api.extension.BeforeEachCallback;
import org.junit.jupiter.api.extension.ExtensionContext;
import org.junit.platform.commons.annotation.Testable;
import org.junit.platform.commons.support.AnnotationSupport;
import org.junit.platform.commons.support.HierarchyTraversalMode;
import org.opentest4j.TestAbortedException;

/** What {@link NeedsWal2Json} does: on a class before its servers start, on a method before it. */
final class Wal2JsonCheck implements BeforeAllCallback, BeforeEachCallback {
  @Override
  public void beforeAll(ExtensionContext context) {
    Class<?> tests = context.getRequiredTestClass();
    if (!Wal2Json.isAtHand()) {
      refuse(
          AnnotationSupport.findAnnotatedMethods(
                  tests, Testable.class, HierarchyTraversalMode.TOP_DOWN)
              .stream()
              .map(method -> name(tests, method))
              .toList());
    }
  }

  @Override
  public void beforeEach(ExtensionContext context) {
    if (!Wal2Json.isAtHand()) {
      refuse(List.of(name(context.getRequiredTestClass(), context.getRequiredTestMethod())));
    }
  }

  private static void refuse(List<String> names) {
    if ("true".equals(System.getenv("CI"))) {
      throw new AssertionError("wal2json is not at hand: " + Wal2Json.ADVICE);
    }
    SkippedTests.add("wal2json", Wal2Json.ADVICE, names);
    throw new TestAbortedException("wal2json is not at hand: " + Wal2Json.ADVICE);
  }

  private static String name(Class<?> tests, Method method) {
    return tests.getSimpleName() + "." + method.getName();
  }
}

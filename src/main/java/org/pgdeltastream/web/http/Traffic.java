package org.pgdeltastream.web.http;

import jakarta.servlet.ServletContext;
import jakarta.servlet.http.HttpServletRequest;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.LongAdder;

/** How many requests were answered with which status, and why some were refused. */
public final class Traffic {
  private static final String NAME = "org.pgdeltastream.traffic";
  private static final int CLASS = 100;

  private final Map<String, LongAdder> answers = new ConcurrentHashMap<>();
  private final Map<String, LongAdder> refusals = new ConcurrentHashMap<>();

  private Traffic() {}

  /** Counts in this application from now on. */
  public static void countIn(ServletContext application) {
    application.setAttribute(NAME, new Traffic());
  }

  /** Of the application; one that nobody sees where none was set. */
  public static Traffic of(ServletContext application) {
    return application.getAttribute(NAME) instanceof Traffic known ? known : new Traffic();
  }

  static Traffic of(HttpServletRequest request) {
    return of(request.getServletContext());
  }

  /** A request was answered, or its answer has begun. */
  public void answered(int status) {
    count(answers, status / CLASS + "xx");
  }

  /**
   * A request was refused.
   *
   * @param code the one of the answer; there are few
   */
  void refused(String code) {
    count(refusals, code);
  }

  private static void count(Map<String, LongAdder> counts, String key) {
    counts.computeIfAbsent(key, unused -> new LongAdder()).increment();
  }

  /** By the class of their status: {@code 2xx}. */
  public Map<String, Long> answers() {
    return sums(answers);
  }

  /** By code. */
  public Map<String, Long> refusals() {
    return sums(refusals);
  }

  private static Map<String, Long> sums(Map<String, LongAdder> counts) {
    Map<String, Long> sums = new TreeMap<>();
    counts.forEach((key, count) -> sums.put(key, count.sum()));
    return sums;
  }
}

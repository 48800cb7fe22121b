package org.pgdeltastream.doctor;

import java.util.List;
import java.util.Locale;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.pgdeltastream.doctor.Examination.Skipped;

/** An examination as lines for people, and as JSON: both of printable ASCII alone. */
public final class ExaminationText {
  private ExaminationText() {}

  /** Lines, each with its end. */
  public static String lines(Examination examination) {
    StringBuilder text = new StringBuilder();
    text.append(examination.server()).append('\n');
    text.append(examination.counts()).append('\n');
    examination.findings().forEach(finding -> text.append('\n').append(lines(finding)));
    if (!examination.skipped().isEmpty()) {
      text.append("\nSkipped:\n");
      for (Skipped skipped : examination.skipped()) {
        text.append("  %s: %s%n".formatted(skipped.check(), skipped.why()).replace("\r", ""));
      }
    }
    return text.toString();
  }

  private static String lines(Finding finding) {
    Fix fix = finding.fix();
    StringBuilder text = new StringBuilder();
    text.append("%s %s: %s\n".formatted(finding.severity(), finding.check(), finding.subject()));
    text.append("  ").append(finding.message()).append('\n');
    text.append("  %s (%s%s)".formatted(fix.what(), fix.who().words(), restart(fix)));
    text.append(fix.sql().isEmpty() ? "\n" : ":\n");
    fix.sql().forEach(sql -> text.append("    ").append(sql).append(";\n"));
    return text.toString();
  }

  private static String restart(Fix fix) {
    return fix.restart() ? "; restart PostgreSQL afterwards" : "";
  }

  /** One JSON object. */
  public static String json(Examination examination) {
    return object(
        field("status", text(examination.status())),
        field("server", text(examination.server())),
        field("examined", text(examination.examined().toString())),
        field("tookMillis", String.valueOf(examination.took().toMillis())),
        field("findings", array(examination.findings().stream().map(ExaminationText::json))),
        field("passed", texts(examination.passed())),
        field("skipped", array(examination.skipped().stream().map(ExaminationText::json))));
  }

  private static String json(Finding finding) {
    Fix fix = finding.fix();
    String json =
        object(
            field("what", text(fix.what())),
            field("sql", texts(fix.sql())),
            field("who", text(fix.who().words())),
            field("restart", String.valueOf(fix.restart())));
    return object(
        field("check", text(finding.check())),
        field("severity", text(finding.severity().name().toLowerCase(Locale.ROOT))),
        field("subject", text(finding.subject())),
        field("message", text(finding.message())),
        field("fix", json));
  }

  private static String json(Skipped skipped) {
    return object(field("check", text(skipped.check())), field("why", text(skipped.why())));
  }

  private static String object(String... fields) {
    return "{" + String.join(",", fields) + "}";
  }

  private static String field(String name, String json) {
    return text(name) + ":" + json;
  }

  private static String texts(List<String> texts) {
    return array(texts.stream().map(ExaminationText::text));
  }

  private static String array(Stream<String> items) {
    return items.collect(Collectors.joining(",", "[", "]"));
  }

  private static String text(String text) {
    StringBuilder json = new StringBuilder("\"");
    for (int i = 0; i < text.length(); i++) {
      char c = text.charAt(i);
      if (c == '"' || c == '\\') {
        json.append('\\').append(c);
      } else if (c >= ' ' && c < 0x7F) {
        json.append(c);
      } else {
        json.append("\\u%04x".formatted((int) c));
      }
    }
    return json.append('"').toString();
  }
}

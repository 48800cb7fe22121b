package org.pgdeltastream.web.ops;

import static org.assertj.core.api.Assertions.assertThat;

import io.prometheus.metrics.expositionformats.ExpositionFormatWriter;
import io.prometheus.metrics.expositionformats.OpenMetricsTextFormatWriter;
import io.prometheus.metrics.expositionformats.PrometheusTextFormatWriter;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Locale;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.MatchResult;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.pgdeltastream.delivery.Delays;

/** What is written, what is documented, and what alerts and the dashboard use, are the same. */
class MonitoringTest {
  private static final Pattern NAME = Pattern.compile("\\bpgdeltastream_[a-z0-9_]+");
  private static final int ROUNDS = 200;

  @ParameterizedTest
  @EnumSource(Family.class)
  void writesEachFamilyAsItsTypeInBothFormats(Family family) throws IOException {
    Samples samples = new Samples();
    String[] labels = family.labels().toArray(new String[0]);
    put(samples, family, labels);

    String kind = family.kind().name().toLowerCase(Locale.ROOT);
    String plain = text(PrometheusTextFormatWriter.builder().build(), samples);
    String open = text(OpenMetricsTextFormatWriter.builder().build(), samples);

    assertThat(plain)
        .contains("# HELP " + family.sample() + " " + family.help() + "\n")
        .contains("# TYPE " + family.sample() + " " + kind + "\n");
    assertThat(open).contains("# TYPE " + family.base() + " " + kind + "\n").endsWith("# EOF\n");
    assertThat(plain.lines().filter(line -> !line.startsWith("#")))
        .isNotEmpty()
        .allSatisfy(
            line -> assertThat(sampleNames(family)).contains(line.replaceFirst("[{ ].*", "")))
        .allSatisfy(
            line ->
                assertThat(family.labels())
                    .allSatisfy(label -> assertThat(line).contains(label + "=\"")));
  }

  private static void put(Samples samples, Family family, String... labels) {
    if (family.kind() == Family.Kind.HISTOGRAM) {
      samples.put(family, new Delays(), labels);
    } else {
      samples.put(family, 17.0, labels);
    }
  }

  private static String text(ExpositionFormatWriter writer, Samples samples) throws IOException {
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    writer.write(out, samples.all());
    return out.toString(StandardCharsets.UTF_8);
  }

  private static Set<String> sampleNames(Family family) {
    return family.kind() == Family.Kind.HISTOGRAM
        ? Set.of(family.base() + "_bucket", family.base() + "_sum", family.base() + "_count")
        : Set.of(family.sample());
  }

  @Test
  void documentsEachFamilyAndNoOther() {
    Set<String> rows =
        read("src/docs/metrics.md")
            .lines()
            .filter(line -> line.startsWith("| `pgdeltastream_"))
            .collect(Collectors.toCollection(TreeSet::new));
    assertThat(rows)
        .containsExactlyInAnyOrderElementsOf(
            Stream.of(Family.values()).map(MonitoringTest::row).toList());
  }

  private static String row(Family family) {
    String labels =
        family.labels().stream().map(label -> "`" + label + "`").collect(Collectors.joining(", "));
    return "| `%s` | %s | %s | %s |"
        .formatted(
            family.sample(),
            family.kind().name().toLowerCase(Locale.ROOT),
            labels.isEmpty() ? "–" : labels,
            family.help());
  }

  @ParameterizedTest
  @ValueSource(strings = {"alerts.yml", "alerts.test.yml", "dashboard.json"})
  void usesOnlyWhatThereIs(String file) {
    Set<String> known =
        Stream.of(Family.values())
            .flatMap(family -> sampleNames(family).stream())
            .collect(Collectors.toSet());
    assertThat(NAME.matcher(read("server-config/monitoring/" + file)).results())
        .extracting(MatchResult::group)
        .isNotEmpty()
        .isSubsetOf(known);
  }

  /** Each alert is named in the documents, and none that there is not. */
  @Test
  void documentsEachAlert() {
    Pattern alert = Pattern.compile("PgDeltaStream[A-Z]\\w+");
    Set<String> rules = found(alert, read("server-config/monitoring/alerts.yml"));
    assertThat(rules).isNotEmpty();
    assertThat(found(alert, read("src/docs/metrics.md"))).isEqualTo(rules);
  }

  private static Set<String> found(Pattern what, String text) {
    return what.matcher(text)
        .results()
        .map(MatchResult::group)
        .collect(Collectors.toCollection(TreeSet::new));
  }

  /** Bounded loosely, for slow machines: this is no benchmark. The figure is printed. */
  @ParameterizedTest
  @ValueSource(ints = {1, 8, 64})
  void writesManySlotsQuickly(int slots) throws IOException {
    ExpositionFormatWriter writer = PrometheusTextFormatWriter.builder().build();
    int length = 0;
    long best = Long.MAX_VALUE;
    for (int round = 0; round < ROUNDS; round++) {
      long start = System.nanoTime();
      length = text(writer, samples(slots)).length();
      best = Math.min(best, System.nanoTime() - start);
    }
    System.out.printf(
        "%d slots and feeds: %d bytes of metrics in %d microseconds%n", slots, length, best / 1000);
    assertThat(best).isLessThan(100_000_000);
  }

  private static Samples samples(int slots) {
    Samples samples = new Samples();
    for (Family family : Family.values()) {
      int count = family.labels().isEmpty() ? 1 : slots;
      for (int i = 0; i < count; i++) {
        String name = "delta_" + i;
        put(samples, family, family.labels().stream().map(l -> name).toArray(String[]::new));
      }
    }
    return samples;
  }

  private static String read(String file) {
    try {
      return Files.readString(Path.of(file));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}

package org.pgdeltastream.doctor;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.pgdeltastream.change.TableName;
import org.pgdeltastream.doctor.Facts.Part;
import org.pgdeltastream.doctor.Finding.Severity;
import org.pgdeltastream.doctor.Fix.Who;

class DoctorTest {
  private static final Fix FIX = Fix.of(Who.OWNER, "Do it", "ALTER TABLE \"a\"", "SELECT 1");

  @Test
  void tellsTheWorstFirstAndWhatPassedAndWhatWasSkipped() {
    FactsBuilder facts = new FactsBuilder();
    facts.unread.put(Part.TABLES, "needs a right");
    Examination examination =
        examine(
            facts,
            finding("first", Severity.INFO, 1),
            finding("second", Severity.ERROR, 1),
            finding("third", Severity.WARNING, 1),
            finding("fourth", Severity.ERROR, 0),
            Check.of("fifth", Part.TABLES, any -> List.of()),
            finding("sixth", Severity.ERROR, 1).since(99));

    assertThat(examination.findings())
        .extracting(Finding::check)
        .containsExactly("second", "third", "first");
    assertThat(examination.passed()).containsExactly("fourth");
    assertThat(examination.skipped())
        .containsExactly(
            new Examination.Skipped("fifth", "needs a right"),
            new Examination.Skipped("sixth", "PostgreSQL 99 and later"));
    assertThat(examination.status()).isEqualTo("error");
    assertThat(examination.counts())
        .isEqualTo("1 error, 1 warning, 1 note; 1 check found nothing, 2 were skipped");
  }

  @Test
  void saysWarningWhereThereIsNoErrorAndOkWhereThereAreNotes() {
    FactsBuilder facts = new FactsBuilder();
    assertThat(examine(facts, finding("a", Severity.WARNING, 1)).status()).isEqualTo("warning");
    assertThat(examine(facts, finding("a", Severity.INFO, 1)).status()).isEqualTo("ok");
  }

  @Test
  void listsTwentyOfACheckAndCountsTheOthers() {
    List<Finding> found =
        examine(new FactsBuilder(), finding("a", Severity.WARNING, 5_000)).findings();

    assertThat(found).hasSize(21);
    assertThat(found.get(20).subject()).isEqualTo("4980 more");
  }

  @Test
  void writesLines() {
    assertThat(ExaminationText.lines(examine(new FactsBuilder(), finding("a", Severity.ERROR, 1))))
        .isEqualTo(
            """
            PostgreSQL 18.6, database shop, role delta
            1 error, 0 warnings, 0 notes; 0 checks found nothing, 0 were skipped

            ERROR a: subject
              It is wrong
              Do it (the owner of the table, or a superuser):
                ALTER TABLE "a";
                SELECT 1;
            """);
  }

  @Test
  void writesJson() {
    FactsBuilder facts = new FactsBuilder();
    facts.unread.put(Part.TABLES, "needs \"x\"");
    Examination examination =
        examine(
            facts,
            finding("a", Severity.ERROR, 1),
            finding("b", Severity.INFO, 0),
            Check.of("c", Part.TABLES, any -> List.of()));

    assertThat(ExaminationText.json(examination))
        .isEqualTo(
            "{'status':'error','server':'PostgreSQL 18.6, database shop, role delta',"
                    .replace('\'', '"')
                + "'examined':'1970-01-01T00:00:00Z','tookMillis':7,".replace('\'', '"')
                + "'findings':[{'check':'a','severity':'error','subject':'subject',"
                    .replace('\'', '"')
                + "'message':'It is wrong','fix':{'what':'Do it',".replace('\'', '"')
                + "\"sql\":[\"ALTER TABLE \\\"a\\\"\",\"SELECT 1\"],"
                + "\"who\":\"the owner of the table, or a superuser\",\"restart\":false}}],"
                + "\"passed\":[\"b\"],"
                + "\"skipped\":[{\"check\":\"c\",\"why\":\"needs \\\"x\\\"\"}]}");
  }

  @Test
  void quotesNamesSoThatTheyAreAsciiAndStillRight() {
    assertThat(SqlText.name(new TableName("a", "b\"c"))).isEqualTo("\"a\".\"b\"\"c\"");
    assertThat(SqlText.name("t\u00e4\\x\n\"")).isEqualTo("U&\"t\\00e4\\\\x\\000a\"\"\"");
    assertThat(SqlText.name("\ud83d\ude00")).isEqualTo("U&\"\\+01f600\"");
    assertThat(SqlText.literal("it's")).isEqualTo("'it''s'");
    assertThat(SqlText.literal("\u00e4'")).isEqualTo("U&'\\00e4'''");
  }

  private static Check finding(String check, Severity severity, int times) {
    return Check.of(
        check,
        facts ->
            IntStream.range(0, times)
                .mapToObj(i -> new Finding(check, severity, "subject", "It is wrong", FIX))
                .toList());
  }

  private static Examination examine(FactsBuilder facts, Check... checks) {
    return new Doctor(List.of(checks)).examine(facts.build(), Instant.EPOCH, Duration.ofMillis(7));
  }
}

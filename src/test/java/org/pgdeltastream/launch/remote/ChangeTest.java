package org.pgdeltastream.launch.remote;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** What commands print. */
class ChangeTest {
  private static final String FORMAT_1 =
      """
      {"nextlsn":"0/1","change":[{"kind":"insert","schema":"public","table":"t","columnnames":["id","My name"],\
      "columntypes":["integer","text"],"columnvalues":[1,"a \\"b\\" = c"]},\
      {"kind":"update","schema":"public","table":"t","columnnames":["id","x"],"columnvalues":[2,null],\
      "oldkeys":{"keynames":["id"],"keytypes":["integer"],"keyvalues":[1]}},\
      {"kind":"delete","schema":"Odd. name","table":"t","oldkeys":{"keynames":["id"],"keyvalues":[1.50]}},\
      {"kind":"truncate","schema":"public","table":"t"},\
      {"kind":"message","transactional":true,"prefix":"audit","content":"x\\ny"}]}""";

  @Test
  void printsALineForEachChange() {
    assertThat(Change.all(FORMAT_1).stream().map(Change::line))
        .containsExactly(
            "INSERT public.t id=1 \"My name\"=\"a \\\"b\\\" = c\"",
            "UPDATE public.t id=2 x=null where id=1",
            "DELETE \"Odd. name\".t where id=1.50",
            "TRUNCATE public.t",
            "MESSAGE audit content=\"x\\ny\"");
  }

  @Test
  void printsForPeople() {
    assertThat(Change.all(FORMAT_1).get(0).pretty())
        .isEqualTo("  INSERT public.t\n    id         1\n    \"My name\"  \"a \\\"b\\\" = c\"");
    assertThat(Change.all(FORMAT_1).get(1).pretty())
        .isEqualTo("  UPDATE public.t where id=1\n    id  2\n    x   null");
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "{\"action\":\"B\"}|BEGIN",
        "{\"action\":\"I\",\"schema\":\"s\",\"table\":\"t\",\"columns\":[{\"name\":\"id\",\"value\":1}]}|INSERT s.t id=1",
        "{\"action\":\"D\",\"table\":\"t\",\"identity\":[{\"name\":\"id\",\"value\":1}]}|DELETE t where id=1",
        "{\"action\":\"C\",\"nextlsn\":\"0/1\"}|COMMIT"
      })
  void printsFormat2Too(String message, String line) {
    assertThat(Change.all(message)).singleElement().extracting(Change::line).isEqualTo(line);
  }

  /** A terminal obeys control characters, and shows text from right to left if it is told to. */
  @Test
  void printsNothingThatATerminalObeys() {
    String hostile = "\u009b31m\u202egnp.exe\u2028\u007f";
    String message =
        "{\"change\":[{\"kind\":\"insert\",\"table\":\"%1$s\",\"columnnames\":[\"%1$s\"],\"columnvalues\":[\"%1$s\"]}]}"
            .formatted(hostile);
    Change change = Change.all(message).get(0);
    assertThat(change.line() + change.pretty().replace("\n", ""))
        .contains("\\u009b31m\\u202egnp.exe\\u2028\\u007f")
        .doesNotContainPattern("[\\p{Cc}\\p{Cf}\u2028]");
  }

  @Test
  void listsSlotsInColumns() {
    assertThat(
            Slots.table(
                """
                [{"slotName":"delta_a","plugin":"pgoutput","active":true,"client":{"address":"127.0.0.1","since":"x"},
                "lagBytes":0,"retainedWalBytes":123456789,"walStatus":"reserved"},
                {"slotName":"delta_b","active":true},{"slotName":"delta_c","active":false}]"""))
        .isEqualTo(
            """
            SLOT     PLUGIN    CLIENT     LAG  KEPT    LEFT  WAL
            delta_a  pgoutput  127.0.0.1  0 B  118 MB  -     reserved
            delta_b  -         elsewhere  -    -       -     -
            delta_c  -         none       -    -       -     -""");
    assertThat(Slots.table("[]")).isEqualTo("SLOT  PLUGIN  CLIENT  LAG  KEPT  LEFT  WAL");
  }

  @ParameterizedTest
  @CsvSource({
    "0, 0 B",
    "9999, '9,999 B'",
    "10000, 10 KB",
    "52428800, 50 MB",
    "524288000, 500 MB",
    "-5, -5 B"
  })
  void writesBytesForPeople(long bytes, String text) {
    assertThat(Shown.bytes(bytes)).isEqualTo(text);
  }

  @Test
  void showsHowFarATableIs() {
    ByteArrayOutputStream shown = new ByteArrayOutputStream();
    Progress progress = new Progress(new PrintStream(shown, true, StandardCharsets.UTF_8), 1000, 0);
    progress.rows(10, 500_000_000L);
    assertThat(shown.toString(StandardCharsets.UTF_8)).isEmpty();
    progress.rows(400, 2_000_000_000L);
    progress.end(1200, 4_000_000_000L);
    assertThat(shown.toString(StandardCharsets.UTF_8))
        .isEqualToNormalizingNewlines(
            "400 rows, 200 a second, about 40 %   \r1,200 rows, 300 a second, about 99 %   \n");
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "{\"a\":1};{\"complete\":true,\"rows\":9};{\"complete\":true,\"rows\":2};|2",
        "{\"complete\":true,\"rows\":0};|0",
        "a;1;\\.;|2"
      })
  void copiesAllRowsButTheLastLine(String lines, int rows) throws Exception {
    assertThat(copied(lines).chars().filter(c -> c == '\n').count()).isEqualTo(rows);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "",
        "{\"a\":1};",
        "{\"a\":1};{\"complete\":true,\"rows\":2};",
        "{\"a\":1};{\"complete\":false,\"code\":\"snapshot_expired\"};",
        "a;1;",
        "a;\"half"
      })
  void saysThatATableIsNotWhole(String lines) {
    assertThatThrownBy(() -> copied(lines)).isInstanceOf(IncompleteException.class);
  }

  private static String copied(String lines) throws Exception {
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    byte[] bytes = lines.replace(';', '\n').getBytes(StandardCharsets.UTF_8);
    new TableCopy(new PrintStream(out, true, StandardCharsets.UTF_8), null)
        .run(new ByteArrayInputStream(bytes));
    return out.toString(StandardCharsets.UTF_8);
  }
}

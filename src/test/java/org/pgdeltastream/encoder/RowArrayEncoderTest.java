package org.pgdeltastream.encoder;

import static org.assertj.core.api.Assertions.assertThat;
import static org.pgdeltastream.encoder.Tuples.NULL;
import static org.pgdeltastream.encoder.Tuples.tuple;

import jakarta.json.Json;
import jakarta.json.JsonArray;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.StringReader;
import java.nio.charset.StandardCharsets;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.pgdeltastream.change.Column;
import org.pgdeltastream.change.Numbers;
import org.pgdeltastream.encoder.rows.RowArrayEncoder;

class RowArrayEncoderTest {
  private static final List<Column> COLUMNS =
      List.of(
          new Column(false, "id", 23, -1),
          new Column(false, "the \"name\"", 25, -1),
          new Column(false, "b", 17, -1));

  private final ByteArrayOutputStream out = new ByteArrayOutputStream();
  private final RowArrayEncoder encoder = new RowArrayEncoder(out, Numbers.AS_NUMBERS);

  @Test
  void writesRowsAsObjectsInColumnOrder() throws IOException {
    encoder.columns(COLUMNS);
    encoder.row(tuple("1", "x\né", "\\x00ff"));
    encoder.row(tuple("2", NULL, NULL));
    encoder.end();
    assertThat(written())
        .isEqualTo(
            "[{\"id\":1,\"the \\\"name\\\"\":\"x\\né\",\"b\":\"00ff\"},"
                + "{\"id\":2,\"the \\\"name\\\"\":null,\"b\":null}]");
  }

  @Test
  void writesAnEmptyArrayForNoRows() throws IOException {
    encoder.columns(COLUMNS);
    encoder.end();
    assertThat(written()).isEqualTo("[]");
  }

  @Test
  void writesAnEmptyObjectForARowWithoutColumns() throws IOException {
    encoder.columns(List.of());
    encoder.row(tuple());
    encoder.row(tuple());
    encoder.end();
    assertThat(written()).isEqualTo("[{},{}]");
  }

  @Test
  void writesNothingBeforeItsBufferIsFull() throws IOException {
    encoder.columns(COLUMNS);
    encoder.row(tuple("1", "x".repeat(60_000), NULL));
    assertThat(out.size()).isZero();
    encoder.row(tuple("2", "x".repeat(60_000), NULL));
    assertThat(out.size()).isBetween(64 * 1024, 2 * 64 * 1024);
  }

  @Test
  void writesManyAndLargeRowsThatReadTheSame() throws IOException {
    encoder.columns(COLUMNS);
    for (int id = 0; id < 5000; id++) {
      encoder.row(tuple(String.valueOf(id), "日本語".repeat(id % 50), NULL));
    }
    String large = "\u0001😀".repeat(100_000);
    encoder.row(tuple("5000", large, NULL));
    encoder.end();
    JsonArray rows = Json.createReader(new StringReader(written())).readArray();
    assertThat(rows).hasSize(5001);
    assertThat(rows.getJsonObject(4999).getInt("id")).isEqualTo(4999);
    assertThat(rows.getJsonObject(5000).getString("the \"name\"")).isEqualTo(large);
  }

  private String written() {
    return out.toString(StandardCharsets.UTF_8);
  }
}

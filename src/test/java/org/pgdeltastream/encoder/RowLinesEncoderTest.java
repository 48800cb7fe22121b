package org.pgdeltastream.encoder;

import static org.assertj.core.api.Assertions.assertThat;
import static org.pgdeltastream.encoder.Tuples.NULL;
import static org.pgdeltastream.encoder.Tuples.tuple;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.pgdeltastream.change.Column;
import org.pgdeltastream.change.Numbers;
import org.pgdeltastream.encoder.rows.RowLinesEncoder;
import org.pgdeltastream.encoder.rows.RowLinesEncoder.Trailer;

class RowLinesEncoderTest {
  private static final List<Column> COLUMNS =
      List.of(new Column(true, "id", 23, -1), new Column(false, "t", 25, -1));

  private final ByteArrayOutputStream out = new ByteArrayOutputStream();

  @Test
  void writesALineForEachRowAndALastOneWithTheirCount() throws IOException {
    RowLinesEncoder encoder = encoder(Trailer.ROW_COUNT);
    encoder.row(tuple("1", "a\nb"));
    encoder.row(tuple("2", NULL));
    encoder.end();
    assertThat(written())
        .isEqualTo(
            "{\"id\":1,\"t\":\"a\\nb\"}\n{\"id\":2,\"t\":null}\n{\"complete\":true,\"rows\":2}\n");
  }

  @Test
  void leavesTheLastLineOut() throws IOException {
    RowLinesEncoder encoder = encoder(Trailer.NONE);
    encoder.row(tuple("1", NULL));
    encoder.end();
    assertThat(written()).isEqualTo("{\"id\":1,\"t\":null}\n");
  }

  @Test
  void stopsAtALinesEndOrBeforeTheFirst() throws IOException {
    RowLinesEncoder encoder = encoder(Trailer.ROW_COUNT);
    encoder.row(tuple("1", "a"));
    encoder.stop();
    assertThat(written()).isEmpty();
    for (int i = 0; i < 100; i++) {
      encoder.row(tuple("2", "x".repeat(1000)));
    }
    assertThat(written()).isNotEmpty().doesNotEndWith("\n");
    encoder.stop();
    assertThat(written()).endsWith("x\"}\n").hasLineCount(101);
  }

  private RowLinesEncoder encoder(Trailer trailer) throws IOException {
    RowLinesEncoder encoder = new RowLinesEncoder(out, trailer, Numbers.AS_NUMBERS);
    encoder.columns(COLUMNS);
    return encoder;
  }

  private String written() {
    return out.toString(StandardCharsets.UTF_8);
  }
}

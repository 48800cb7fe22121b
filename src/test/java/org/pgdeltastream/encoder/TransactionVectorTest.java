package org.pgdeltastream.encoder;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.pgdeltastream.change.Relation;
import org.pgdeltastream.change.option.ChangeOptions;
import org.pgdeltastream.decoder.PgOutputDecoder;
import org.pgdeltastream.decoder.Vectors;
import org.pgdeltastream.support.InPlace;

/** The same log through pgoutput and this program, and through wal2json: byte for byte the same. */
class TransactionVectorTest {
  private static final String TRUNCATE =
      "{\"nextlsn\":\"0/1562160\",\"change\":["
          + "{\"kind\":\"truncate\",\"schema\":\"public\",\"table\":\"users\"},"
          + "{\"kind\":\"truncate\",\"schema\":\"public\",\"table\":\"two\"}]}";

  @Test
  void writesWhatWal2JsonWrites() throws IOException {
    RecordingOutput output = new RecordingOutput();
    PgOutputDecoder decoder =
        new PgOutputDecoder(
            new TransactionEncoder(
                ChangeOptions.usual(), Tuples.catalog(TransactionVectorTest::typeNames), output));
    for (byte[] message : Vectors.pgOutput()) {
      InPlace.decode(decoder, message);
    }
    assertThat(output.texts()).containsExactlyElementsOf(expected());
  }

  /** What wal2json wrote, except where it is meant to differ. */
  private static List<String> expected() {
    return Vectors.wal2Json().stream()
        // a TRUNCATE is an empty transaction to wal2json
        .map(line -> line.startsWith("{\"nextlsn\":\"0/1562160\"") ? TRUNCATE : line)
        .map(TransactionVectorTest::withTruncateBetweenInserts)
        // and so is DDL, of which pgoutput says nothing
        .filter(line -> !line.endsWith("\"change\":[]}"))
        .toList();
  }

  private static String withTruncateBetweenInserts(String line) {
    String truncate = ",{\"kind\":\"truncate\",\"schema\":\"public\",\"table\":\"two\"},";
    return line.startsWith("{\"nextlsn\":\"0/1564670\"")
        ? line.replace("},{", "}" + truncate + "{")
        : line;
  }

  private static List<String> typeNames(Relation relation) {
    String table = relation.id() + " ";
    return Vectors.types().stream()
        .filter(line -> line.startsWith(table))
        .map(line -> line.substring(line.indexOf(' ', table.length()) + 1))
        .toList();
  }
}

package org.pgdeltastream.encoder;

import java.io.IOException;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;
import org.pgdeltastream.change.Catalog;
import org.pgdeltastream.change.ChangeListener;
import org.pgdeltastream.change.ColumnDetails;
import org.pgdeltastream.change.Lsn;
import org.pgdeltastream.change.Relation;
import org.pgdeltastream.change.option.ChangeOptions;
import org.pgdeltastream.change.option.Detail;
import org.pgdeltastream.decoder.PgOutputDecoder;
import org.pgdeltastream.decoder.Vectors;
import org.pgdeltastream.support.InPlace;

/** The vectors' log as messages that leave nothing out, or as much as can be. */
public final class EveryMessage {
  private static final Catalog CATALOG =
      new Catalog() {
        @Override
        public List<ColumnDetails> details(Relation relation, Lsn commit) {
          return relation.columns().stream()
              .map(
                  column ->
                      new ColumnDetails(
                          "text", "text", Optional.empty(), 1, false, true, Optional.of("'x'")))
              .toList();
        }

        @Override
        public int originNumber(String originName) {
          return 7;
        }
      };

  private EveryMessage() {}

  public static List<String> transactions(boolean all) throws IOException {
    RecordingOutput output = new RecordingOutput();
    return decoded(new TransactionEncoder(options("1", all), CATALOG, output), output);
  }

  public static List<String> changes(boolean all) throws IOException {
    RecordingOutput output = new RecordingOutput();
    return decoded(new ActionEncoder(options("2", all), CATALOG, output), output);
  }

  private static ChangeOptions options(String format, boolean all) {
    return ChangeOptions.parse(
        name ->
            name.equals("format")
                ? Optional.of(format)
                : Stream.of(Detail.values())
                    .filter(detail -> detail.optionName().equals(name))
                    .filter(detail -> !all || !detail.optionName().startsWith("skip"))
                    .map(detail -> String.valueOf(all))
                    .findFirst());
  }

  private static List<String> decoded(ChangeListener encoder, RecordingOutput output)
      throws IOException {
    PgOutputDecoder decoder = new PgOutputDecoder(encoder);
    for (byte[] message : Vectors.pgOutput()) {
      InPlace.decode(decoder, message);
    }
    return output.texts();
  }
}

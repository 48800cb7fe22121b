package org.pgdeltastream.encoder;

import java.io.IOException;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.pgdeltastream.change.Begin;
import org.pgdeltastream.change.Catalog;
import org.pgdeltastream.change.ChangeListener;
import org.pgdeltastream.change.ColumnDetails;
import org.pgdeltastream.change.Commit;
import org.pgdeltastream.change.LogicalMessage;
import org.pgdeltastream.change.Lsn;
import org.pgdeltastream.change.OldTupleKind;
import org.pgdeltastream.change.Relation;
import org.pgdeltastream.change.TruncateOptions;
import org.pgdeltastream.change.Tuple;
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
    List<String> told = decoded(new TransactionEncoder(options("1", all), CATALOG, output), output);
    RecordingOutput moved = new RecordingOutput();
    ChangeText text = new ChangeText(options("1", all), CATALOG);
    Envelope envelope = new Envelope(moved);
    return join(told, decoded(new Moved(text, envelope), moved));
  }

  public static List<String> changes(boolean all) throws IOException {
    RecordingOutput output = new RecordingOutput();
    ActionEncoder encoder = new ActionEncoder(options("2", all), CATALOG, output);
    List<String> told = decoded(encoder, output);
    return join(told, decoded(new MovedActions(encoder), output));
  }

  private static List<String> join(List<String> one, List<String> other) {
    return Stream.concat(one.stream(), other.stream()).toList();
  }

  /** Inserts and deletes as if rows had moved. */
  private static class MovedActions implements ChangeListener {
    private final @Nullable ActionEncoder encoder;

    MovedActions(@Nullable ActionEncoder encoder) {
      this.encoder = encoder;
    }

    @Override
    public void begin(Begin begin) throws IOException {}

    @Override
    public void insert(Relation relation, Tuple newTuple) throws IOException {
      if (encoder != null) {
        encoder.insert(relation, newTuple, true);
      }
    }

    @Override
    public void update(Relation relation, OldTupleKind kind, Tuple before, Tuple after) {}

    @Override
    public void delete(Relation relation, OldTupleKind kind, Tuple oldTuple) throws IOException {
      if (encoder != null) {
        encoder.delete(relation, kind, oldTuple, true);
      }
    }

    @Override
    public void truncate(List<Relation> relations, TruncateOptions options) {}

    @Override
    public void message(LogicalMessage message) {}

    @Override
    public void commit(Commit commit) {}
  }

  /** The same in format 1, a transaction each. */
  private static final class Moved extends MovedActions {
    private final ChangeText text;
    private final Envelope envelope;

    Moved(ChangeText text, Envelope envelope) {
      super(null);
      this.text = text;
      this.envelope = envelope;
    }

    @Override
    public void begin(Begin begin) {
      text.begin(begin);
    }

    @Override
    public void insert(Relation relation, Tuple newTuple) throws IOException {
      envelope.start();
      envelope.startChange();
      text.insert(envelope.text(), relation, newTuple, true);
      envelope.endChange();
      envelope.endWithoutPosition();
    }

    @Override
    public void delete(Relation relation, OldTupleKind kind, Tuple oldTuple) throws IOException {
      envelope.start();
      envelope.startChange();
      text.delete(envelope.text(), relation, kind, oldTuple, true);
      envelope.endChange();
      envelope.endWithoutPosition();
    }
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

package org.pgdeltastream.feed;

import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.function.LongConsumer;
import org.pgdeltastream.change.Catalog;
import org.pgdeltastream.change.ChangeListener;
import org.pgdeltastream.change.ChangeTally;
import org.pgdeltastream.encoder.ActionEncoder;
import org.pgdeltastream.encoder.ChangeFilter;
import org.pgdeltastream.encoder.RecordingOutput;
import org.pgdeltastream.encoder.TransactionEncoder;

/** What a stream of its own would tell a client with a view's options. */
final class ExclusiveStream {
  private final RecordingOutput output = new RecordingOutput();
  private final ChangeListener filter;
  private final LongConsumer position;

  ExclusiveStream(ViewOptions view) {
    Catalog catalog = RandomChanges.catalog();
    ChangeListener encoder;
    switch (view.changes().format()) {
      case TRANSACTIONS -> {
        encoder = new TransactionEncoder(view.changes(), catalog, output);
        position = lsn -> {};
      }
      case ACTIONS -> {
        ActionEncoder actions = new ActionEncoder(view.changes(), catalog, output);
        encoder = actions;
        position = actions::position;
      }
      default -> throw new IllegalStateException("another format");
    }
    filter = new ChangeFilter(view.changes(), catalog, encoder, ChangeTally.NONE);
  }

  /** PostgreSQL sends messages of their own beside transactions: here after them. */
  void tell(RandomChanges.Transaction transaction) throws IOException {
    List<RandomChanges.Step> after = new ArrayList<>();
    for (RandomChanges.Step step : transaction.steps()) {
      if (step.isAlone()) {
        after.add(step);
      } else {
        tell(step);
      }
    }
    for (RandomChanges.Step step : after) {
      tell(step);
    }
  }

  private void tell(RandomChanges.Step step) throws IOException {
    position.accept(step.position());
    step.to(filter);
  }

  List<RecordingOutput.Message> messages() {
    return output.messages();
  }
}

package org.pgdeltastream.slot;

import java.util.List;
import java.util.Optional;
import java.util.concurrent.CopyOnWriteArrayList;
import org.pgdeltastream.change.Lsn;
import org.pgdeltastream.change.OutputPlugin;
import org.pgdeltastream.change.SlotName;
import org.pgdeltastream.change.option.ChangeOptions;
import org.pgdeltastream.slot.stream.SlotStream;
import org.pgdeltastream.slot.stream.StreamOptions;
import org.pgdeltastream.support.TestDatabase;
import org.pgdeltastream.support.VerifyingClient;

/** The slots of a server without the web server, in this process: fast to start and to kill. */
final class ServerInProcess implements ServerUnderFire {
  private final TestRegistry registry;
  private final List<SlotStream> streams = new CopyOnWriteArrayList<>();

  ServerInProcess(TestDatabase database, int port, int node) {
    registry =
        new TestRegistry(
            database,
            "database-url",
            "jdbc:postgresql://localhost:" + port + "/postgres",
            "node",
            "node" + node,
            "catch-up-bytes",
            node % 2 == 0 ? "200000" : "0");
  }

  @Override
  public SlotName init(OutputPlugin plugin) {
    return registry
        .slots
        .create(new InitRequest(Optional.of(plugin), List.of(), Optional.empty()))
        .name();
  }

  @Override
  public Link connect(
      VerifyingClient.Receiver receiver, SlotName slot, Optional<Lsn> from, boolean takeover) {
    SlotStream stream =
        registry.slots.stream(
            new StreamOptions(
                slot, List.of(), ChangeOptions.usual(), from, false, false, takeover, 0),
            receiver);
    streams.add(stream);
    return new Link() {
      @Override
      public void acknowledge(Lsn lsn) {
        stream.acknowledge(lsn, false);
      }

      @Override
      public void vanish() {
        stream.clientGone();
      }
    };
  }

  /** Its connections end before anything more can be reported on them. */
  @Override
  public void kill() {
    streams.forEach(SlotStream::cutUpstream);
    streams.forEach(SlotStream::clientGone);
    registry.closeWithoutDropping();
  }

  @Override
  public void stop() {
    registry.closeWithoutDropping();
  }
}

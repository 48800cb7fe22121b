package org.pgdeltastream.slot.upstream;

import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.atomic.AtomicBoolean;
import org.pgdeltastream.change.Catalog;
import org.pgdeltastream.change.Problem;
import org.pgdeltastream.change.ProblemException;
import org.pgdeltastream.replication.connection.OpenSockets;
import org.pgdeltastream.replication.wal.CatchUps;
import org.pgdeltastream.slot.database.Database;
import org.pgdeltastream.slot.database.Settings;

/**
 * What all streams of this server share.
 *
 * @param stopping the server stops: no stream takes a slot any more
 */
public record StreamServices(
    Database database,
    Settings settings,
    OwnPublications ownPublications,
    CatchUps catchUps,
    AtomicBoolean stopping) {

  /** The refusal of a stream for which there is no thread. */
  public ProblemException tooMany(RejectedExecutionException cause) {
    return new ProblemException(
        Problem.STREAMS_EXHAUSTED,
        "This server streams to " + settings.streams() + " clients already",
        "Raise pgdelta.streams and the threads of concurrent/readers",
        cause);
  }

  /** What says of relations what their stream leaves out; it may make a slot's publications new. */
  public Catalog catalog(KnownSlot slot) {
    return slot.ownPublications() ? ownPublications.watching() : database.catalog();
  }

  /** The same, with connections that {@link OpenSockets#close} cuts from outside. */
  public StreamServices within(OpenSockets sockets) {
    return new StreamServices(
        database.within(sockets), settings, ownPublications, catchUps, stopping);
  }
}

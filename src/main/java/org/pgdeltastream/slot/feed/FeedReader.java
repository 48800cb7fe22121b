package org.pgdeltastream.slot.feed;

import static java.util.Objects.requireNonNull;

import java.util.List;
import org.jspecify.annotations.Nullable;
import org.pgdeltastream.change.Catalog;
import org.pgdeltastream.change.Lsn;
import org.pgdeltastream.delivery.CloseReason;
import org.pgdeltastream.feed.log.FeedPosition;
import org.pgdeltastream.replication.wal.ServerIdentity;
import org.pgdeltastream.replication.wal.SlotPosition;
import org.pgdeltastream.replication.wal.SlotRow;
import org.pgdeltastream.slot.upstream.Downstream;
import org.pgdeltastream.slot.upstream.KnownSlot;
import org.pgdeltastream.slot.upstream.Refusal;
import org.pgdeltastream.slot.upstream.SlotCheck;
import org.pgdeltastream.slot.upstream.SlotPipeline;

/**
 * The feed's half of an upstream: lets PostgreSQL forget what is before the window, and sees to it
 * that what comes continues what came.
 */
final class FeedReader implements Downstream {
  private final FeedDefinition definition;
  private final KnownSlot slot;
  private final FeedHead head;
  private volatile SlotPosition position = SlotPosition.UNKNOWN;
  private @Nullable ServerIdentity server;
  private FeedPosition.@Nullable Stamp stamp; // what was read is of this
  private boolean positioned;

  FeedReader(FeedDefinition definition, KnownSlot slot, FeedHead head) {
    this.definition = definition;
    this.slot = slot;
    this.head = head;
  }

  @Override
  public List<String> publications() {
    return definition.publications();
  }

  @Override
  public boolean isOnlyReader() {
    return true;
  }

  @Override
  public void found(SlotRow row) throws Refusal {
    checkConfirmed(row.confirmedFlush().orElse(Lsn.NONE));
  }

  private void checkConfirmed(Lsn confirmed) throws Refusal {
    if (positioned && confirmed.isAfter(newest())) {
      throw startAnew(CloseReason.POSITION_LOST, "slot " + slot.name() + " was moved on by others");
    }
  }

  /** From where the slot is then; until that subscribers wait. */
  private Refusal startAnew(CloseReason why, String detail) {
    positioned = false;
    head.placement().entrance.close();
    return new Refusal(why, detail);
  }

  @Override
  public SlotPipeline path(SlotPipeline.Source source, Catalog present) throws Refusal {
    SlotCheck.checkForFeed(source.plugin());
    FeedDecoder decoder = head.decoder(source.encoding(), present);
    return SlotPipeline.of(source, decoder, decoder::position, decoder.heap());
  }

  @Override
  public boolean asksForServer() {
    return true;
  }

  @Override
  public void found(ServerIdentity streaming) {
    server = streaming;
  }

  @Override
  public void found(SlotPosition streaming) {
    position = streaming;
  }

  @Override
  public void begin() throws Refusal {
    checkConfirmed(position.confirmed());
    ServerIdentity identity = requireNonNull(server, "PostgreSQL said who it is");
    checkHistory(FeedHead.stamp(identity), identity);
    if (!positioned) {
      positioned = true;
      head.startAt(position.confirmed());
    }
    head.open(identity);
  }

  /** Another timeline has all that was read where it comes from that, and left it later. */
  private void checkHistory(FeedPosition.Stamp present, ServerIdentity identity) throws Refusal {
    FeedPosition.Stamp before = stamp;
    stamp = present;
    if (!positioned || before == null) {
      return;
    }
    boolean isShorter = position.written().filter(newest()::isAfter).isPresent();
    if (isShorter || before.at(newest()).mismatch(present, identity.ancestors()).isPresent()) {
      String what = isShorter ? "less WAL" : "another history";
      throw startAnew(
          CloseReason.DIVERGED, "PostgreSQL has " + what + " than was read: another, or restored");
    }
    if (!present.equals(before)) { // clients are to learn the new one
      head.placement().entrance.close();
      throw new Refusal(CloseReason.UPSTREAM_LOST, "PostgreSQL was promoted; reconnect");
    }
    if (position.replayed().filter(newest()::isAfter).isPresent()) { // it may be promoted so
      head.placement().entrance.close();
      throw new Refusal(CloseReason.UPSTREAM_LOST, "the standby does not have what was read yet");
    }
  }

  @Override
  public Lsn flushPosition() {
    return head.start();
  }

  @Override
  public Lsn newest() {
    return head.newest();
  }

  @Override
  public boolean hasHalf() {
    return false; // subscribers that have half a transaction are closed, the others go on
  }

  @Override
  public boolean wantsMore(SlotPipeline path) {
    return true;
  }

  @Override
  public void onPause(SlotPipeline path, Lsn serverWalEnd, Lsn reported) {
    if (path.betweenTransactions() && serverWalEnd.isAfter(newest())) {
      head.movedTo(serverWalEnd);
    }
    head.advance();
    Lsn known = serverWalEnd.max(position.written().orElse(Lsn.NONE));
    head.placement().entrance.placeAhead(known);
  }

  /** Whether PostgreSQL was a standby when it was reached. */
  boolean isOnStandby() {
    return position.replayed().isPresent();
  }
}

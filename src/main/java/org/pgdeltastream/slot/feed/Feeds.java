package org.pgdeltastream.slot.feed;

import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.Executor;
import org.pgdeltastream.change.Problem;
import org.pgdeltastream.change.ProblemException;
import org.pgdeltastream.change.SlotName;
import org.pgdeltastream.delivery.CloseReason;
import org.pgdeltastream.feed.FeedSubscriber;
import org.pgdeltastream.feed.Outlet;
import org.pgdeltastream.feed.ViewOptions;
import org.pgdeltastream.feed.Writers;
import org.pgdeltastream.journal.shared.KafkaSettings.Storage;
import org.pgdeltastream.replication.wal.SlotRow;
import org.pgdeltastream.rights.Bearer;
import org.pgdeltastream.rights.Grant;
import org.pgdeltastream.rights.NotThere;
import org.pgdeltastream.rights.Rights;
import org.pgdeltastream.rights.Standing;
import org.pgdeltastream.slot.admission.Admission;
import org.pgdeltastream.slot.admission.Bearers;
import org.pgdeltastream.slot.admission.Caller;
import org.pgdeltastream.slot.database.Settings;
import org.pgdeltastream.slot.explain.Explainer;
import org.pgdeltastream.slot.shared.SharedLogs;
import org.pgdeltastream.slot.upstream.StreamServices;
import org.pgdeltastream.slot.view.KnownViews;
import org.pgdeltastream.slot.view.ViewRequest;

/**
 * The feeds that this server reads: those of its settings, those made by a call, and those whose
 * slot it finds when somebody asks for them.
 */
public final class Feeds {
  private final SlotAccess slots;
  private final Settings settings;
  private final Admission admission;
  private final KnownViews views;
  private final Explainer explainer;
  private final Writers writers;
  private final SharedLogs logs;
  private final FeedMaker maker;
  private final OpenFeeds open;
  private final NamedFeeds named;
  private final Bearers bearers;

  /**
   * Reads none yet.
   *
   * @param standing of those who have no right to everything
   */
  public Feeds(SlotAccess slots, StreamServices services, Executor threads, Standing standing) {
    this.slots = slots;
    this.settings = services.settings();
    this.writers = new Writers(threads, settings.sendTimeout(), settings.pongTimeout());
    this.admission = new Admission(settings.ofFeeds());
    this.views = new KnownViews(services.database().publications(), services.database().filters());
    this.explainer =
        new Explainer(views, services.database().filters(), name -> of(name).publications());
    this.logs = new SharedLogs(services);
    this.maker = new FeedMaker(slots, logs);
    this.open = new OpenFeeds(slots, services, threads, writers, logs);
    this.named = new NamedFeeds(settings, threads);
    this.bearers = new Bearers(standing, threads, this::look);
  }

  /** Makes what the settings name, as soon as PostgreSQL is there; for a regular check. */
  public void start() {
    named.start(this::make);
  }

  /** The subscribers that have rights of their own. */
  public Bearers bearers() {
    return bearers;
  }

  /** With the window of the settings. */
  public FeedDefinition usual(String name, List<String> publications) {
    return NamedFeeds.usual(settings, name, publications);
  }

  /**
   * Makes a feed, or finds it.
   *
   * @return whether it was made
   * @throws ProblemException FEED_EXISTS if another of this name is there
   */
  public boolean make(FeedDefinition wanted) {
    open.claim(wanted.name());
    try {
      Feed present = open.find(wanted.name());
      Optional<SlotRow> row = slots.find(wanted.slotName());
      if (present != null && row.isPresent() && open.keep(present, wanted)) {
        return false;
      }
      if (present != null) { // another server has dropped its slot, or it was not known
        open.end(present, CloseReason.SERVICE_RESTART, present + " is read as it was made");
      }
      return makeNew(wanted, row);
    } finally {
      open.release(wanted.name());
    }
  }

  private boolean makeNew(FeedDefinition wanted, Optional<SlotRow> row) {
    row.ifPresent(FeedDefinition::check);
    if (row.isEmpty()) {
      maker.make(wanted);
    }
    open.open(wanted);
    bearers.look();
    return row.isEmpty();
  }

  /** The feed, also one that another server made, or this one before it was started again. */
  private Feed of(String name) {
    FeedDefinition.checked(name);
    Feed present = open.findSettled(name);
    if (present != null) {
      return present;
    }
    Optional<SlotRow> row = slots.find(FeedDefinition.slotName(name));
    if (row.isEmpty()) {
      throw NotThere.feed(name);
    }
    FeedDefinition.check(row.get());
    FeedDefinition known = named.of(name, usual(name, List.of()));
    return open.adopt(logs.has(name) ? known.in(Storage.KAFKA) : known);
  }

  public FeedReport report(String name) {
    return of(name).report();
  }

  public List<FeedReport> all() {
    return list().stream().map(Feed::report).toList();
  }

  public List<Feed> list() {
    return open.all();
  }

  /** The publications of each feed; none where they are not known. */
  public Map<String, List<String>> publications() {
    return FeedDefinition.publications(settings, list());
  }

  /** Begins to serve a subscriber, or throws ProblemException FEED_NOT_FOUND. */
  public FeedSubscriber follow(String name, FollowRequest request, Outlet outlet) {
    Caller caller = request.caller();
    Optional<Grant> grant = caller.grant(FeedDefinition.checked(name), request.snapshot());
    Feed feed = of(name);
    ViewOptions view = views.resolved(name, feed.publications(), request.view(), grant);
    admission.enter(caller, view);
    FeedSubscriber served;
    try {
      served =
          feed.follow(
              request,
              view,
              outlet,
              writers.next(),
              one -> {
                bearers.leave(one);
                admission.leave(caller, view);
              },
              () -> views.refusedNow(name, feed.publications(), request.view(), grant));
    } catch (RuntimeException | Error e) {
      admission.leave(caller, view);
      throw e;
    }
    caller
        .bearer()
        .ifPresent(bearer -> bearers.enter(served, bearer, one -> seen(name, request, one)));
    return served;
  }

  private ViewOptions seen(String name, FollowRequest request, Bearer bearer) {
    Optional<Grant> grant = Caller.grant(bearer, name, request.snapshot());
    return views.resolved(name, of(name).publications(), request.view(), grant);
  }

  /**
   * Checks a subscriber before it is served.
   *
   * @param snapshot whether it begins with rows
   * @throws ProblemException if no more may come, or what it asks for is not there for it
   */
  public void check(String name, Caller caller, ViewRequest request, boolean snapshot) {
    Optional<Grant> grant = caller.grant(FeedDefinition.checked(name), snapshot);
    admission.check(caller); // before PostgreSQL is asked
    Feed feed = of(name);
    ViewOptions view = views.resolved(name, feed.publications(), request, grant);
    admission.checkView(caller, feed.toString(), view, feed::hasRoom);
  }

  private void look(Rights rights) {
    list().forEach(one -> views.look(one.definition().name(), one.publications(), rights));
  }

  public Explainer explainer() {
    return explainer;
  }

  /** Drops a feed and its slot; by force also while it has subscribers. */
  public void drop(String name, boolean force) {
    of(name);
    open.claim(name);
    try {
      Feed feed = open.find(name);
      if (feed == null) {
        throw NotThere.feed(name); // another call was quicker
      }
      FeedMaker.checkUnused(feed, force);
      open.end(feed, CloseReason.SLOT_NOT_FOUND, feed + " was dropped");
      maker.drop(feed.definition());
    } finally {
      open.release(name);
    }
  }

  /** Goes on without what the feed's shared log has lost, as far as this server knows. */
  public void acceptGap(String name) {
    if (!of(name).acceptsGap()) {
      throw new ProblemException(
          Problem.NOTHING_LOST,
          "Feed " + name + " has lost nothing that an operator is to accept",
          "GET /v1/feeds/" + name + " shows its state");
    }
  }

  /** Whether this server reads the slot. */
  public boolean reads(SlotName slot) {
    return list().stream().anyMatch(feed -> feed.definition().slotName().equals(slot));
  }

  /** Ends the readers, and closes all subscribers within a short time; waits for nobody. */
  public void stop() {
    open.stop();
  }

  /** Waits for the readers and the subscribers' answers, at most this long in all. */
  public void awaitEnd(Duration limit) {
    open.awaitEnd(limit);
    writers.stop();
  }
}

package org.pgdeltastream.client;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * What a stream is to send, and how it is followed. Made by {@link DeltaClient#slot}, {@link
 * DeltaClient#feed} or {@link DeltaClient#tail}; {@link #open} begins.
 */
public final class StreamBuilder {
  private static final long CHARACTERS_OF_HEAP = Runtime.getRuntime().maxMemory() / 8;
  private static final Set<String> OURS = Set.of("slotName", "from", "after", "hello", "snapshot");

  final DeltaClient client;
  final Source source;
  final String path;
  final Map<String, String> options = new LinkedHashMap<>();
  @Nullable PositionStore store;
  @Nullable String from;
  boolean isManual;
  boolean isBrief;
  int largest = (int) Math.min(CHARACTERS_OF_HEAP, Integer.MAX_VALUE / 2);
  Consumer<DeltaException> lossListener = loss -> {};

  /** Where a stream comes from: its path, and the parameter that says where to go on. */
  enum Source {
    SLOT("from"),
    FEED("after"),
    TAIL("");

    final String positionParameter;

    Source(String positionParameter) {
      this.positionParameter = positionParameter;
    }
  }

  StreamBuilder(DeltaClient client, Source source, String path) {
    this.client = client;
    this.source = source;
    this.path = path;
  }

  /**
   * The position that was stored last: nothing at or before it comes again. For a feed also {@code
   * oldest} or {@code now}, which is the default; without it a slot begins where PostgreSQL knows
   * that it was acknowledged. A tail takes none.
   */
  public StreamBuilder from(String position) {
    if (source == Source.TAIL) {
      throw new IllegalArgumentException("A tail begins now: it takes no position");
    }
    from = position;
    return this;
  }

  /** Where the position is kept; what it has wins over {@link #from}. */
  public StreamBuilder store(PositionStore where) {
    store = where;
    return this;
  }

  /** Only these tables: {@code public.orders}, {@code sales.*}, {@code *.orders}. */
  public StreamBuilder tables(String... patterns) {
    return option("add-tables", String.join(",", patterns));
  }

  /** Only these actions: {@code insert}, {@code update}, {@code delete}, {@code truncate}. */
  public StreamBuilder actions(String... names) {
    return option("actions", String.join(",", names));
  }

  /**
   * Any other option of streams, by its name, such as {@code publication} or {@code
   * include-timestamp}. With {@code format=2} and {@code max-message} a transaction is several
   * messages, of which the last has a position; after a break it comes again from its beginning.
   */
  public StreamBuilder option(String name, String value) {
    if (OURS.contains(name)) {
      throw new IllegalArgumentException("The client itself sets " + name);
    }
    options.put(name, value);
    return this;
  }

  /**
   * A message is done when {@link DeltaStream#acknowledge} says so, and not when the next one is
   * asked for. What was not acknowledged comes again after a break.
   */
  public StreamBuilder acknowledgeManually() {
    isManual = true;
    return this;
  }

  /** Every loss of the connection is thrown, and ends the stream. */
  public StreamBuilder withoutReconnect() {
    isBrief = true;
    return this;
  }

  /**
   * Told of each loss after which the stream reconnects, in the thread that waits for the next
   * message.
   */
  public StreamBuilder onLoss(Consumer<DeltaException> listener) {
    lossListener = listener;
    return this;
  }

  /**
   * The longest message that is taken, in characters; by default one for each eight bytes of the
   * heap. A longer one ends the stream with {@code message_too_large}.
   */
  public StreamBuilder largestMessage(int characters) {
    largest = characters;
    return this;
  }

  /**
   * Begins to connect, and does not wait for it: what fails, the first call for a message throws.
   *
   * @return a stream that the caller closes
   * @throws DeltaException if there is no token that can be sent
   */
  public DeltaStream open() {
    return new DeltaStream(this);
  }

  Optional<String> firstPosition() {
    Optional<String> stored = store == null ? Optional.empty() : store.load();
    return stored.or(() -> Optional.ofNullable(from));
  }

  /** The query string's names and values, each followed by its value. */
  List<String> query(@Nullable String position) {
    Map<String, String> all = new LinkedHashMap<>(options);
    if (position != null) {
      all.put(source.positionParameter, position);
    }
    return all.entrySet().stream()
        .flatMap(one -> List.of(one.getKey(), one.getValue()).stream())
        .toList();
  }
}

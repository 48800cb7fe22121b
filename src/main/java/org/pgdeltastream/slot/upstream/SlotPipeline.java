package org.pgdeltastream.slot.upstream;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.LongConsumer;
import org.pgdeltastream.change.Catalog;
import org.pgdeltastream.change.ChangeListener;
import org.pgdeltastream.change.ChangeTally;
import org.pgdeltastream.change.ChangesOutput;
import org.pgdeltastream.change.HeapBudget;
import org.pgdeltastream.change.HeapShare;
import org.pgdeltastream.change.Lsn;
import org.pgdeltastream.change.MessageOutput;
import org.pgdeltastream.change.OutputPlugin;
import org.pgdeltastream.change.option.ChangeOptions;
import org.pgdeltastream.change.option.Detail;
import org.pgdeltastream.decoder.PgOutputDecoder;
import org.pgdeltastream.decoder.PluginOptions;
import org.pgdeltastream.decoder.ServerEncoding;
import org.pgdeltastream.decoder.Wal2JsonActionDecoder;
import org.pgdeltastream.decoder.Wal2JsonDecoder;
import org.pgdeltastream.decoder.Wal2JsonText;
import org.pgdeltastream.decoder.WalDecoder;
import org.pgdeltastream.encoder.ActionEncoder;
import org.pgdeltastream.encoder.ChangeFilter;
import org.pgdeltastream.encoder.MessageSplitter;
import org.pgdeltastream.encoder.TransactionEncoder;

/** The data path of one slot, in the order the bytes travel. Runs in the reader task. */
public final class SlotPipeline implements AutoCloseable {
  private final WalDecoder decoder;
  private final LongConsumer position;
  private final Runnable quoteNumbers;
  private final Map<String, String> pluginOptions;
  private final ChangeOptions options;
  private final MessageOutput output;
  private final HeapShare heap;

  /**
   * How to ask PostgreSQL.
   *
   * @param publications of pgoutput
   * @param serverVersion PostgreSQL's major version
   * @param encoding the database's
   */
  public record Source(
      OutputPlugin plugin, List<String> publications, int serverVersion, ServerEncoding encoding) {
    public Source(OutputPlugin plugin, List<String> publications, int serverVersion) {
      this(plugin, publications, serverVersion, ServerEncoding.OF_MOST);
    }
  }

  private SlotPipeline(
      WalDecoder decoder,
      LongConsumer position,
      Runnable quoteNumbers,
      Map<String, String> pluginOptions,
      ChangeOptions options,
      MessageOutput output,
      HeapShare heap) {
    this.decoder = decoder;
    this.position = position;
    this.quoteNumbers = quoteNumbers;
    this.pluginOptions = pluginOptions;
    this.options = options;
    this.output = output;
    this.heap = heap;
  }

  /**
   * A path to one client.
   *
   * @param tally of its changes
   */
  public static SlotPipeline of(
      Source source,
      ChangeOptions options,
      Catalog catalog,
      MessageOutput client,
      ChangeTally tally,
      HeapBudget budget) {
    HeapShare heap = budget.share();
    MessageOutput output = split(options, client);
    return switch (source.plugin()) {
      case PGOUTPUT -> pgoutput(source, options, catalog, output, tally, heap);
      case WAL2JSON -> wal2json(source, options, output, tally, heap);
    };
  }

  /** In format 2 each change is a message already. */
  private static MessageOutput split(ChangeOptions options, MessageOutput output) {
    boolean splits =
        options.maxMessage() > 0 && options.format() == ChangeOptions.Format.TRANSACTIONS;
    return splits ? new MessageSplitter(options.maxMessage(), output) : output;
  }

  private static SlotPipeline pgoutput(
      Source source,
      ChangeOptions options,
      Catalog catalog,
      MessageOutput output,
      ChangeTally tally,
      HeapShare heap) {
    ChangeListener encoder = new TransactionEncoder(options, catalog, output);
    LongConsumer position = lsn -> {};
    if (options.format() == ChangeOptions.Format.ACTIONS) {
      ActionEncoder each = new ActionEncoder(options, catalog, output);
      encoder = each;
      position = each::position;
    }
    WalDecoder decoder =
        new PgOutputDecoder(
            new ChangeFilter(options, catalog, encoder, tally), source.encoding(), heap, tally);
    Map<String, String> asked =
        PluginOptions.pgoutput(source.serverVersion(), source.publications());
    return new SlotPipeline(decoder, position, () -> {}, asked, options, output, heap);
  }

  /**
   * A path whose decoder calls a listener of its own.
   *
   * @param decoder of pgoutput
   * @param position told where each message stands in the WAL
   */
  public static SlotPipeline of(
      Source source, WalDecoder decoder, LongConsumer position, HeapShare heap) {
    ChangeOptions usual = ChangeOptions.usual();
    Map<String, String> asked =
        PluginOptions.pgoutput(source.serverVersion(), source.publications());
    return new SlotPipeline(decoder, position, () -> {}, asked, usual, MessageOutput.NOWHERE, heap);
  }

  private static SlotPipeline wal2json(
      Source source,
      ChangeOptions options,
      MessageOutput output,
      ChangeTally tally,
      HeapShare heap) {
    Map<String, String> asked = PluginOptions.wal2json(options);
    return switch (options.format()) {
      case TRANSACTIONS -> {
        Wal2JsonDecoder decoder = new Wal2JsonDecoder(options, output, tally);
        WalDecoder text = new Wal2JsonText(decoder, source.encoding(), options, heap);
        yield new SlotPipeline(
            text, lsn -> {}, decoder::quoteNumbers, asked, options, output, heap);
      }
      case ACTIONS -> {
        Wal2JsonActionDecoder decoder = new Wal2JsonActionDecoder(options, output, tally);
        WalDecoder text = new Wal2JsonText(decoder, source.encoding(), options, heap);
        yield new SlotPipeline(
            text, lsn -> {}, decoder::quoteNumbers, asked, options, output, heap);
      }
    };
  }

  /** The plugin's options in START_REPLICATION. */
  public Map<String, String> pluginOptions() {
    return pluginOptions;
  }

  /**
   * Asks wal2json for each transaction whole: quicker, but both sides hold it in memory. Not for
   * clients that need single changes.
   */
  void askForWholeTransactions() {
    if (!(output instanceof ChangesOutput)) {
      pluginOptions.remove(PluginOptions.IN_CHUNKS);
    }
  }

  /** The option of ours that PostgreSQL's refusal names, in any language. */
  public Optional<String> optionIn(String refusal) {
    return pluginOptions.keySet().stream()
        .filter(option -> refusal.contains('"' + option + '"'))
        .findFirst();
  }

  /** Whether this server does itself what an option unknown to the plugin does. */
  public boolean doWithout(String option) {
    boolean quotes = option.equals(Detail.NUMBERS_AS_TEXT.optionName());
    if (!quotes && !PluginOptions.isDispensable(option, options)) {
      return false;
    }
    if (quotes && options.has(Detail.NUMBERS_AS_TEXT)) {
      quoteNumbers.run();
    }
    pluginOptions.remove(option);
    return true;
  }

  /**
   * Takes one message of the stream.
   *
   * @param start where the plugin's output begins
   * @param end where it ends
   * @param walPosition its position in the WAL
   */
  public void decode(byte[] message, int start, int end, long walPosition) throws IOException {
    position.accept(walPosition);
    decoder.decode(message, start, end);
  }

  /** When the transaction that begins here was committed, as {@link WalListener} wants it. */
  long committedAt(byte[] message, int start, int end) {
    return decoder.committedAt(message, start, end);
  }

  /** No transaction is unfinished. */
  public boolean betweenTransactions() {
    return decoder.betweenMessages();
  }

  /** It remembers so many relations that a new connection, with none, is better. */
  boolean isFull() {
    return decoder.isFull();
  }

  /** Nothing in it waits for memory from now on. For any thread. */
  void stopWaiting() {
    heap.stopWaiting();
  }

  /** Gives its memory back; nothing may follow. */
  @Override
  public void close() {
    heap.close();
  }

  /** Lets a client move an idle slot on. */
  public void sendEmptyTransaction(Lsn position) throws IOException {
    switch (options.format()) {
      case TRANSACTIONS -> sendEnd("{\"nextlsn\":\"" + position + "\",\"change\":[]}", position);
      case ACTIONS -> {
        if (options.has(Detail.TRANSACTION)) {
          byte[] begin = "{\"action\":\"B\"}".getBytes(StandardCharsets.UTF_8);
          output.last(begin, 0, begin.length, Lsn.NONE);
        }
        sendEnd("{\"action\":\"C\",\"nextlsn\":\"" + position + "\"}", position);
      }
    }
  }

  private void sendEnd(String json, Lsn endLsn) throws IOException {
    byte[] bytes = json.getBytes(StandardCharsets.UTF_8);
    output.lastWithoutChanges(bytes, 0, bytes.length, endLsn);
  }
}

package org.pgdeltastream.slot;

import java.io.IOException;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import org.pgdeltastream.change.Catalog;
import org.pgdeltastream.change.MessageOutput;
import org.pgdeltastream.change.OutputPlugin;
import org.pgdeltastream.change.TableName;
import org.pgdeltastream.decoder.PgOutputDecoder;
import org.pgdeltastream.decoder.Wal2JsonDecoder;
import org.pgdeltastream.decoder.WalDecoder;
import org.pgdeltastream.encoder.TransactionEncoder;

/** The data path of one slot, in the order the bytes travel. Runs in the reader task. */
final class SlotPipeline {
  private static final int FIRST_WITH_MESSAGES = 14;

  private final WalDecoder decoder;
  private final Map<String, String> pluginOptions;

  private SlotPipeline(WalDecoder decoder, Map<String, String> pluginOptions) {
    this.decoder = decoder;
    this.pluginOptions = pluginOptions;
  }

  /**
   * What PostgreSQL is asked through.
   *
   * @param publications of pgoutput
   * @param serverVersion PostgreSQL's major version
   */
  record Source(OutputPlugin plugin, List<String> publications, int serverVersion) {}

  private static SlotPipeline pgoutput(Source source, Catalog catalog, MessageOutput output) {
    List<String> publications = source.publications();
    String names = publications.stream().map(TableName::quote).collect(Collectors.joining(","));
    Map<String, String> options = new LinkedHashMap<>();
    options.put("proto_version", "1");
    options.put("publication_names", names);
    if (source.serverVersion() >= FIRST_WITH_MESSAGES) {
      options.put("messages", "true");
    }
    return new SlotPipeline(new PgOutputDecoder(new TransactionEncoder(catalog, output)), options);
  }

  /** In chunks, so that no transaction is held whole; joined, they are wal2json's usual text. */
  private static SlotPipeline wal2json(MessageOutput output) {
    Map<String, String> options = new LinkedHashMap<>();
    options.put("format-version", "1");
    options.put("include-lsn", "true");
    options.put("pretty-print", "false");
    options.put("write-in-chunks", "true");
    return new SlotPipeline(new Wal2JsonDecoder(output), options);
  }

  static SlotPipeline of(Source source, Catalog catalog, MessageOutput output) {
    return switch (source.plugin()) {
      case PGOUTPUT -> pgoutput(source, catalog, output);
      case WAL2JSON -> wal2json(output);
    };
  }

  /** What START_REPLICATION tells the plugin. */
  Map<String, String> pluginOptions() {
    return pluginOptions;
  }

  void decode(byte[] message, int start) throws IOException {
    decoder.decode(message, start);
  }

  /** No transaction is half read. */
  boolean betweenTransactions() {
    return decoder.betweenMessages();
  }
}

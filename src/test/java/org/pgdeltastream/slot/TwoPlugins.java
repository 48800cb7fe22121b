package org.pgdeltastream.slot;

import static org.assertj.core.api.Assertions.assertThat;

import jakarta.json.Json;
import jakarta.json.JsonReader;
import java.io.StringReader;
import java.net.URLDecoder;
import java.nio.charset.StandardCharsets;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Stream;
import org.pgdeltastream.change.Catalog;
import org.pgdeltastream.change.ChangeTally;
import org.pgdeltastream.change.ColumnDetails;
import org.pgdeltastream.change.HeapBudget;
import org.pgdeltastream.change.Lsn;
import org.pgdeltastream.change.OutputPlugin;
import org.pgdeltastream.change.Relation;
import org.pgdeltastream.change.option.ChangeOptions;
import org.pgdeltastream.encoder.RecordingOutput;
import org.pgdeltastream.replication.PostgresCatalog;
import org.pgdeltastream.replication.ReplicationSlots;
import org.pgdeltastream.replication.connection.ConnectionSettings;
import org.pgdeltastream.replication.connection.ReplicationConnector;
import org.pgdeltastream.slot.upstream.SlotPipeline;
import org.pgdeltastream.support.TestDatabase;

/** Two slots on one log, one for each plugin, each read through our own data path. */
final class TwoPlugins {

  private final TestDatabase database;
  private final ReplicationConnector connector;
  private final Catalog catalog;
  private final int serverVersion;
  private final Map<Relation, List<ColumnDetails>> known = new HashMap<>();

  TwoPlugins(TestDatabase database) throws SQLException {
    this.database = database;
    this.connector =
        new ReplicationConnector(
            new ConnectionSettings(database.jdbcUrl(), database.user(), database.password(), "two"),
            Optional.empty(),
            HeapBudget.unlimited());
    this.catalog = remembering(new PostgresCatalog(connector));
    this.serverVersion = new ReplicationSlots(connector).server().version();
  }

  /** The same log is read many times. */
  private Catalog remembering(Catalog asked) {
    return new Catalog() {
      @Override
      public List<ColumnDetails> details(Relation relation, Lsn commit) {
        return known.computeIfAbsent(relation, one -> asked.details(one, commit));
      }

      @Override
      public int originNumber(String originName) {
        return asked.originNumber(originName);
      }
    };
  }

  TestDatabase database() {
    return database;
  }

  /** From here on both see what happens. */
  void begin() throws SQLException {
    for (OutputPlugin plugin : OutputPlugin.values()) {
      begin(plugin);
    }
  }

  void begin(OutputPlugin plugin) throws SQLException {
    known.clear();
    database.execute(
        "select pg_create_logical_replication_slot('two_%1$s', '%1$s')"
            .formatted(plugin.sqlName()));
  }

  int serverVersion() {
    return serverVersion;
  }

  void end() throws SQLException {
    database.execute(
        "select pg_drop_replication_slot(slot_name) from pg_replication_slots"
            + " where slot_name like 'two_%'");
  }

  /** Each text in a transaction of its own, unless it says otherwise, all on one connection. */
  void run(String... texts) throws SQLException {
    try (Connection connection = connector.openOrdinary();
        Statement statement = connection.createStatement()) {
      for (String sql : texts) {
        try {
          statement.execute(sql);
        } catch (SQLException e) {
          throw new SQLException(sql, e.getSQLState(), e);
        }
      }
    }
  }

  /**
   * Asserts that both say the same, byte for byte, except where they are known to differ, and
   * answers what: nothing would be the same too.
   */
  List<String> compare(String options) throws Exception {
    database.execute("checkpoint"); // no commit writes out a last message outside transactions
    List<String> raw = texts(OutputPlugin.PGOUTPUT, options);
    List<String> others = texts(OutputPlugin.WAL2JSON, options);
    for (String text : Stream.concat(raw.stream(), others.stream()).toList()) {
      try (JsonReader reader = Json.createReader(new StringReader(text))) {
        assertThat(reader.readObject()).as(text).isNotNull();
      }
    }
    List<String> ours = KnownDifferences.ours(raw);
    List<String> oracle = KnownDifferences.oracle(others);
    for (int i = 0; i < Math.min(oracle.size(), ours.size()); i++) {
      assertThat(ours.get(i)).as(options).isEqualTo(oracle.get(i));
    }
    assertThat(ours).as(options).hasSameSizeAs(oracle);
    return ours;
  }

  List<String> texts(OutputPlugin plugin, String options) throws Exception {
    return read(plugin, options).stream().map(RecordingOutput.Message::text).toList();
  }

  /** What a client is sent that asks so in its query string. The log stays readable. */
  List<RecordingOutput.Message> read(OutputPlugin plugin, String options) throws Exception {
    RecordingOutput output = new RecordingOutput();
    SlotPipeline pipeline =
        SlotPipeline.of(
            new SlotPipeline.Source(plugin, List.of("everything"), serverVersion),
            options(options),
            catalog,
            output,
            ChangeTally.NONE,
            HeapBudget.unlimited());
    for (Map.Entry<Lsn, byte[]> piece : peek(plugin, pipeline)) {
      byte[] message = piece.getValue();
      pipeline.decode(message, 0, message.length, piece.getKey().value());
    }
    assertThat(pipeline.betweenTransactions()).isTrue();
    return output.messages();
  }

  private static ChangeOptions options(String query) {
    Map<String, String> words = new HashMap<>();
    for (String pair : query.isEmpty() ? new String[0] : query.split("&", -1)) {
      String[] parts = pair.split("=", 2);
      words.put(parts[0], URLDecoder.decode(parts[1], StandardCharsets.UTF_8));
    }
    assertThat(ChangeOptions.names()).containsAll(words.keySet());
    return ChangeOptions.parse(name -> Optional.ofNullable(words.get(name)));
  }

  private List<Map.Entry<Lsn, byte[]>> peek(OutputPlugin plugin, SlotPipeline pipeline)
      throws SQLException {
    try {
      return peek(plugin, pipeline.pluginOptions());
    } catch (SQLException e) {
      Optional<String> option = pipeline.optionIn(String.valueOf(e.getMessage()));
      if (option.isEmpty() || !pipeline.doWithout(option.get())) {
        throw e;
      }
      return peek(plugin, pipeline.pluginOptions());
    }
  }

  private List<Map.Entry<Lsn, byte[]>> peek(OutputPlugin plugin, Map<String, String> options)
      throws SQLException {
    List<String> words = new ArrayList<>();
    options.forEach((name, value) -> words.addAll(List.of(name, value)));
    try (Connection connection = connector.openOrdinary();
        PreparedStatement statement =
            connection.prepareStatement(
                "select lsn::text, data from"
                    + " pg_logical_slot_peek_binary_changes(?, null, null, variadic ?)")) {
      statement.setString(1, "two_" + plugin.sqlName());
      statement.setArray(2, connection.createArrayOf("text", words.toArray()));
      try (ResultSet rows = statement.executeQuery()) {
        List<Map.Entry<Lsn, byte[]>> pieces = new ArrayList<>();
        while (rows.next()) {
          pieces.add(Map.entry(Lsn.parse(rows.getString(1)), rows.getBytes(2)));
        }
        return pieces;
      }
    }
  }
}

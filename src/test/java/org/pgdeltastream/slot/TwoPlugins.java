package org.pgdeltastream.slot;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.ByteBuffer;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.pgdeltastream.change.Catalog;
import org.pgdeltastream.change.Lsn;
import org.pgdeltastream.change.OutputPlugin;
import org.pgdeltastream.encoder.RecordingOutput;
import org.pgdeltastream.replication.ConnectionSettings;
import org.pgdeltastream.replication.PostgresCatalog;
import org.pgdeltastream.replication.ReplicationConnector;
import org.pgdeltastream.replication.ReplicationSlots;
import org.pgdeltastream.support.TestDatabase;

/** Two slots on one log, one for each plugin, each read through our own data path. */
final class TwoPlugins {
  private static final int WAL_DATA_HEADER = 25;

  private final TestDatabase database;
  private final ReplicationConnector connector;
  private final Catalog catalog;
  private final int serverVersion;

  TwoPlugins(TestDatabase database) throws SQLException {
    this.database = database;
    this.connector =
        new ReplicationConnector(
            new ConnectionSettings(database.jdbcUrl(), database.user(), database.password(), "two"),
            Optional.empty());
    this.catalog = new PostgresCatalog(connector);
    this.serverVersion = new ReplicationSlots(connector).serverVersion();
  }

  TestDatabase database() {
    return database;
  }

  /** From here on both see what happens. */
  void begin() throws SQLException {
    for (OutputPlugin plugin : OutputPlugin.values()) {
      database.execute(
          "select pg_create_logical_replication_slot('two_%1$s', '%1$s')"
              .formatted(plugin.sqlName()));
    }
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

  /** What a client is sent. The log stays readable. */
  List<RecordingOutput.Message> read(OutputPlugin plugin, List<String> publications)
      throws Exception {
    RecordingOutput output = new RecordingOutput();
    SlotPipeline pipeline =
        SlotPipeline.of(
            new SlotPipeline.Source(plugin, publications, serverVersion), catalog, output);
    for (byte[] message : peek(plugin, pipeline.pluginOptions())) {
      pipeline.decode(message, WAL_DATA_HEADER);
    }
    assertThat(pipeline.betweenTransactions()).isTrue();
    return output.messages();
  }

  private List<byte[]> peek(OutputPlugin plugin, Map<String, String> options) throws SQLException {
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
        List<byte[]> messages = new ArrayList<>();
        while (rows.next()) {
          messages.add(walData(Lsn.parse(rows.getString(1)), rows.getBytes(2)));
        }
        return messages;
      }
    }
  }

  /** As a walsender would frame it. */
  private static byte[] walData(Lsn start, byte[] data) {
    ByteBuffer message = ByteBuffer.allocate(WAL_DATA_HEADER + data.length);
    message.put((byte) 'w').putLong(start.value()).putLong(start.value()).putLong(0).put(data);
    return message.array();
  }
}

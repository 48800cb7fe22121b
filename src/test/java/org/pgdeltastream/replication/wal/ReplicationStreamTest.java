package org.pgdeltastream.replication.wal;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.ByteArrayInputStream;
import java.lang.reflect.Proxy;
import java.net.Socket;
import java.sql.Connection;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.pgdeltastream.change.HeapBudget;
import org.pgdeltastream.change.Lsn;
import org.pgdeltastream.replication.connection.InputConnection;
import org.pgdeltastream.replication.connection.SocketInput;
import org.postgresql.copy.CopyDual;

class ReplicationStreamTest {
  private static final byte[] ENCRYPTED = {'S', 23, 3, 3};

  @Test
  void doesNotCountSilenceOnceAMessageCameThroughTheDriverAndNobodyWaits() throws Exception {
    try (Socket socket = new Socket()) {
      SocketInput input = new SocketInput(socket, new ByteArrayInputStream(ENCRYPTED), 0);
      assertThat(input.read()).isEqualTo('S'); // the driver's, who goes on in TLS
      ReplicationStream stream =
          new ReplicationStream(
              fake(CopyDual.class, new byte[] {'k'}),
              new InputConnection(
                  fake(Connection.class, null), Optional.of(input), HeapBudget.unlimited().share()),
              () -> Lsn.NONE);

      assertThat(stream.await(1)).isNotNull();

      assertThat(stream.silentNanos()).as("the client's window may be full now").isZero();
    }
  }

  @Test
  void countsNoSilenceWhileTheClientTakesNothing() throws Exception {
    try (Socket socket = new Socket()) {
      SocketInput input = new SocketInput(socket, new ByteArrayInputStream(ENCRYPTED), 0);
      assertThat(input.read()).isEqualTo('S');
      ReplicationStream stream =
          new ReplicationStream(
              fake(CopyDual.class, null),
              new InputConnection(
                  fake(Connection.class, null), Optional.of(input), HeapBudget.unlimited().share()),
              () -> Lsn.NONE);
      assertThat(stream.await(1)).isNull();
      assertThat(stream.silentNanos()).isPositive();

      stream.doesNotWait();

      assertThat(stream.silentNanos()).isZero();
    }
  }

  /** Answers every question the same. */
  private static <T> T fake(Class<T> type, byte @Nullable [] answer) {
    return type.cast(
        Proxy.newProxyInstance(
            type.getClassLoader(), new Class<?>[] {type}, (proxy, method, arguments) -> answer));
  }
}

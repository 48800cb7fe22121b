package org.pgdeltastream.snapshot;

import java.lang.reflect.Proxy;
import java.sql.Connection;
import java.sql.SQLException;

/** A pool of one: closing the connection only gives it back, as it is. */
final class OneConnection implements Connections {
  final Connection connection;
  int lent;

  OneConnection(Connection connection) {
    this.connection = connection;
  }

  @Override
  public Connection open() throws SQLException {
    if (lent > 0) {
      throw new SQLException("Not given back");
    }
    lent++;
    return (Connection)
        Proxy.newProxyInstance(
            getClass().getClassLoader(),
            new Class<?>[] {Connection.class},
            (proxy, method, arguments) -> {
              if (method.getName().equals("close")) {
                lent--;
                return null;
              }
              return method.invoke(connection, arguments);
            });
  }
}

package org.pgdeltastream.replication.facts;

import java.sql.Connection;
import java.sql.SQLException;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.pgdeltastream.change.TableName;
import org.pgdeltastream.doctor.Facts.Part;
import org.pgdeltastream.doctor.Facts.Wants;
import org.pgdeltastream.doctor.GrantedTable;
import org.pgdeltastream.filter.catalog.FilterColumns;
import org.pgdeltastream.replication.publication.Publications;
import org.pgdeltastream.rights.FeedRight;
import org.pgdeltastream.rights.Role;

/** The tables that roles name. */
final class GrantedRows {
  private static final int MOST = 1_000; // a statement or two for each

  private GrantedRows() {}

  static Map<TableName, GrantedTable> read(FactsSession session, Wants wants) throws SQLException {
    Map<TableName, Set<String>> feeds = new HashMap<>();
    for (Role role : wants.rights().roles().values()) {
      for (Map.Entry<String, FeedRight> feed : role.feeds().entrySet()) {
        for (TableName table : feed.getValue().tables().keySet()) {
          feeds.computeIfAbsent(table, any -> new HashSet<>()).add(feed.getKey());
        }
      }
    }
    return session.isFew(Part.GRANTED, feeds.size(), MOST)
        ? session.read(Part.GRANTED, connection -> all(connection, wants, feeds)).orElse(Map.of())
        : Map.of();
  }

  private static Map<TableName, GrantedTable> all(
      Connection connection, Wants wants, Map<TableName, Set<String>> feeds) throws SQLException {
    Map<TableName, GrantedTable> all = new HashMap<>();
    for (Map.Entry<TableName, Set<String>> one : feeds.entrySet()) {
      FilterColumns columns = FilterColumns.read(connection, one.getKey());
      Map<String, Set<String>> sent = new HashMap<>();
      for (String feed : one.getValue()) {
        List<String> publications = wants.feeds().getOrDefault(feed, List.of());
        if (!publications.isEmpty()) {
          sent.put(feed, Set.copyOf(Publications.columns(connection, publications, one.getKey())));
        }
      }
      all.put(
          one.getKey(),
          new GrantedTable(columns.byName().keySet(), columns.identity(), columns.keys(), sent));
    }
    return all;
  }
}

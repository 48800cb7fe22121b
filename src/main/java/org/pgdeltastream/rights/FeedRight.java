package org.pgdeltastream.rights;

import java.util.Map;
import java.util.Set;
import org.pgdeltastream.change.TableName;

/**
 * What may be seen of a feed: what is not named is not there.
 *
 * @param prefixes of logical messages
 * @param snapshot whether it may begin with rows
 */
public record FeedRight(Map<TableName, TableRight> tables, Set<String> prefixes, boolean snapshot) {
  public FeedRight {
    tables = Map.copyOf(tables);
    prefixes = Set.copyOf(prefixes);
  }
}

package org.pgdeltastream.change.option;

import java.util.Map;
import java.util.Set;
import org.pgdeltastream.change.Action;
import org.pgdeltastream.change.TableName;

/**
 * What a client may be told at all, whatever it asks for: what is not named is not there.
 *
 * @param tables what may be told of each
 * @param prefixes of logical messages
 */
public record Scope(Map<TableName, Set<Action>> tables, Set<String> prefixes) {
  public Scope {
    tables = Map.copyOf(tables);
    prefixes = Set.copyOf(prefixes);
  }
}

package org.pgdeltastream.change.option;

import java.util.Collections;
import java.util.EnumSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.pgdeltastream.change.Action;
import org.pgdeltastream.change.ColumnDetails;
import org.pgdeltastream.change.LogicalMessage;
import org.pgdeltastream.change.TableName;

/**
 * Which changes a client wants, and with which details.
 *
 * @param addTables none means all
 * @param addPrefixes of logical messages; none means all
 * @param originNumbers transactions from there are left out
 * @param maxMessage how many bytes a message may have that holds more than one change; 0: any
 *     number
 * @param columns of these tables no others are told; feeds only
 * @param pluginOptions what the client asked for, as wal2json is asked: checked names and values
 */
public record ChangeOptions(
    Format format,
    Set<Detail> details,
    Set<Action> actions,
    List<TablePattern> addTables,
    List<TablePattern> filterTables,
    List<String> addPrefixes,
    List<String> filterPrefixes,
    Set<Integer> originNumbers,
    int maxMessage,
    Map<TableName, List<String>> columns,
    Map<String, String> pluginOptions) {

  /** What a message is. */
  public enum Format {
    /** A transaction. */
    TRANSACTIONS,
    /** A change, or the begin or end of a transaction. */
    ACTIONS
  }

  public ChangeOptions {
    details = Collections.unmodifiableSet(details.isEmpty() ? details : EnumSet.copyOf(details));
    actions = Collections.unmodifiableSet(actions.isEmpty() ? actions : EnumSet.copyOf(actions));
    addTables = List.copyOf(addTables);
    filterTables = List.copyOf(filterTables);
    addPrefixes = List.copyOf(addPrefixes);
    filterPrefixes = List.copyOf(filterPrefixes);
    originNumbers = Set.copyOf(originNumbers);
    columns = Map.copyOf(columns);
    pluginOptions = Collections.unmodifiableMap(new java.util.LinkedHashMap<>(pluginOptions));
  }

  /** The options of a client that sets none. */
  public static ChangeOptions usual() {
    return parse(name -> Optional.empty());
  }

  /** Where the options' values come from: a query string, or a test. */
  public interface Source {
    Optional<String> of(String optionName);
  }

  /**
   * Reads the options by their names.
   *
   * @throws IllegalArgumentException naming the option whose value is wrong
   */
  public static ChangeOptions parse(Source source) {
    return new OptionParser(source).parse();
  }

  /** The names that {@link #parse} asks for. */
  public static List<String> names() {
    return OptionParser.names();
  }

  public boolean has(Detail detail) {
    return details.contains(detail);
  }

  /** Whether a column bears the name of the type that its domain stands for. */
  public boolean isOfBase(ColumnDetails column) {
    return has(Detail.DOMAIN_BASE_TYPES) && column.base().isPresent();
  }

  /** The name that a column's type has in messages. */
  public String type(ColumnDetails column) {
    boolean modifier = has(Detail.TYPE_MODIFIERS) || format() == Format.ACTIONS;
    if (isOfBase(column)) {
      ColumnDetails.BaseType base = column.base().get();
      return modifier ? base.type() : base.plainType();
    }
    return modifier ? column.type() : column.plainType();
  }

  public boolean wants(TableName table) {
    return filterTables.stream().noneMatch(pattern -> pattern.matches(table))
        && (addTables.isEmpty() || addTables.stream().anyMatch(pattern -> pattern.matches(table)));
  }

  public boolean wants(TableName table, String column) {
    List<String> told = columns.get(table);
    return told == null || told.contains(column);
  }

  /** The same with only these columns of these tables. */
  public ChangeOptions withColumns(Map<TableName, List<String>> told) {
    return new ChangeOptions(
        format,
        details,
        actions,
        addTables,
        filterTables,
        addPrefixes,
        filterPrefixes,
        originNumbers,
        maxMessage,
        told,
        pluginOptions);
  }

  /** The same for all changes: only how they are written counts. */
  public ChangeOptions unfiltered() {
    return new ChangeOptions(
        format,
        details,
        EnumSet.allOf(Action.class),
        List.of(),
        List.of(),
        List.of(),
        List.of(),
        Set.of(),
        0,
        columns,
        Map.of());
  }

  public boolean wants(LogicalMessage message) {
    return !message.isHeartbeat()
        && !filterPrefixes.contains(message.prefix())
        && (addPrefixes.isEmpty() || addPrefixes.contains(message.prefix()));
  }
}

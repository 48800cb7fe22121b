package org.pgdeltastream.change.option;

import java.util.Collections;
import java.util.EnumSet;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;
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
 * @param limited of these tables nothing of other columns is told, not even of a key, which is told
 *     else
 * @param scope what may be told at all; empty: everything
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
    Map<TableName, Set<String>> limited,
    Optional<Scope> scope,
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
    limited = Map.copyOf(limited);
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
    return scope.map(one -> one.tables().containsKey(table)).orElse(true)
        && filterTables.stream().noneMatch(pattern -> pattern.matches(table))
        && (addTables.isEmpty() || addTables.stream().anyMatch(pattern -> pattern.matches(table)));
  }

  public boolean wants(Action action, TableName table) {
    return actions(table).contains(action) && wants(table);
  }

  /** The tables that are named, each by itself. */
  public Set<TableName> namedTables() {
    Set<TableName> tables = new LinkedHashSet<>(columns.keySet());
    for (TablePattern pattern : addTables) {
      if (pattern.schema().isPresent() && pattern.table().isPresent()) {
        tables.add(new TableName(pattern.schema().get(), pattern.table().get()));
      }
    }
    return tables;
  }

  /** What is told of a table, if that is wanted. */
  public Set<Action> actions(TableName table) {
    return scope
        .map(one -> one.tables().getOrDefault(table, Set.of()))
        .map(may -> actions.stream().filter(may::contains).collect(Collectors.toSet()))
        .orElse(actions);
  }

  public boolean wants(TableName table, String column) {
    List<String> told = columns.get(table);
    return told == null || told.contains(column);
  }

  /** Whether something may be told of a column, be it as a part of a key. */
  public boolean allows(TableName table, String column) {
    Set<String> seen = limited.get(table);
    return seen == null || seen.contains(column);
  }

  /** The same with only these columns of these tables. */
  public ChangeOptions withColumns(Map<TableName, List<String>> told) {
    return with(told, limited, scope);
  }

  /** The same, and of it only what may be told. */
  public ChangeOptions within(
      Scope allowed, Map<TableName, List<String>> told, Map<TableName, Set<String>> seen) {
    return with(told, seen, Optional.of(allowed));
  }

  private ChangeOptions with(
      Map<TableName, List<String>> told,
      Map<TableName, Set<String>> seen,
      Optional<Scope> allowed) {
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
        seen,
        allowed,
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
        limited,
        Optional.empty(),
        Map.of());
  }

  public boolean wants(LogicalMessage message) {
    return !message.isHeartbeat()
        && scope.map(one -> one.prefixes().contains(message.prefix())).orElse(true)
        && !filterPrefixes.contains(message.prefix())
        && (addPrefixes.isEmpty() || addPrefixes.contains(message.prefix()));
  }
}

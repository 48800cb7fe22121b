package org.pgdeltastream.web.http;

import java.util.List;
import java.util.Set;
import java.util.stream.Stream;
import org.pgdeltastream.change.option.ChangeOptions;

/** The names of all parameters and fields of the calls that have several; others are refused. */
public final class Parameters {
  /** Those that may be given more than once. */
  static final Set<String> REPEATED = Set.of("rows");

  /** Of init, in its query string or its body. */
  public static final List<String> INIT = List.of("plugin", "publication", "slotName");

  /** Of a page of a table: fields of the body. */
  public static final List<String> PAGE =
      List.of(
          "table",
          "schema",
          "slotName",
          "limit",
          "offset",
          "order_by",
          "columns",
          "values",
          "rows",
          "after");

  /** Of a whole table. */
  public static final List<String> TABLE =
      List.of(
          "slotName", "table", "schema", "columns", "rows", "format", "part", "values", "trailer");

  /** Of a stream. */
  public static final List<String> STREAM =
      Stream.concat(
              Stream.of("slotName", "publication", "from", "gap", "hello", "takeover", "window"),
              ChangeOptions.names().stream())
          .toList();

  /** Of a look at the newest changes. */
  public static final List<String> TAIL =
      Stream.concat(Stream.of("publication"), ChangeOptions.names().stream()).toList();

  /** What is wanted of a feed. */
  public static final List<String> FEED =
      Stream.concat(
              Stream.of("after", "columns", "linger", "rows", "snapshot"),
              ChangeOptions.names().stream()
                  .filter(name -> !List.of("filter-origins", "max-message").contains(name)))
          .toList();

  /** Of a feed's stream, and who may open it. */
  public static final List<String> FEED_STREAM =
      Stream.concat(Stream.of("ticket"), FEED.stream()).toList();

  /** Of a pull from a feed. */
  public static final List<String> PULL =
      Stream.concat(
              Stream.of("wait", "limit-bytes"),
              FEED.stream().filter(name -> !name.equals("linger")))
          .toList();

  private Parameters() {}

  /** As {@link Query} and {@link BodyFields} take them. */
  public static String[] of(List<String> names) {
    return names.toArray(new String[0]);
  }
}

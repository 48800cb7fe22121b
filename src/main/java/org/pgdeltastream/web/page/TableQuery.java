package org.pgdeltastream.web.page;

import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;
import org.pgdeltastream.change.Numbers;
import org.pgdeltastream.change.SlotName;
import org.pgdeltastream.change.TableRequest;
import org.pgdeltastream.slot.lease.TableFormat;
import org.pgdeltastream.web.http.Input;
import org.pgdeltastream.web.http.MediaRange;
import org.pgdeltastream.web.http.Parameters;
import org.pgdeltastream.web.http.Query;

/** What a request for a whole table asks for. */
record TableQuery(Optional<SlotName> slot, TableRequest table, TableFormat format) {
  private static final int MOST_PARTS = 1024;
  private static final Pattern PART = Pattern.compile("([1-9][0-9]{0,3})/([1-9][0-9]{0,3})");

  /**
   * Reads the query string.
   *
   * @param accept the values of Accept: they choose the format where the parameter does not
   */
  static TableQuery read(@Nullable String queryString, List<String> accept) {
    Query query = Query.parse(queryString, Parameters.of(Parameters.TABLE));
    TableRequest table =
        new TableRequest(
            query.text("table").orElseThrow(() -> Input.bad("Parameter table is missing")),
            query.text("schema"),
            query.list("columns"),
            query.text("part").map(TableQuery::part).orElse(TableRequest.Part.WHOLE),
            query.text("values").map(Input::numbers).orElse(Numbers.AS_NUMBERS),
            query.texts("rows"));
    Optional<Boolean> trailer = query.text("trailer").map(any -> query.flag("trailer"));
    String format = query.text("format").orElseGet(() -> preferred(accept));
    return new TableQuery(
        query.text("slotName").map(Input::slotName), table, format(format, trailer));
  }

  String contentType() {
    return switch (format) {
      case LINES, LINES_WITHOUT_END -> "application/x-ndjson";
      case ARRAY -> "application/json";
      case CSV, CSV_WITH_END -> "text/csv;charset=UTF-8;header=present";
    };
  }

  private static TableFormat format(String name, Optional<Boolean> trailer) {
    return switch (name) {
      case "ndjson" -> trailer.orElse(true) ? TableFormat.LINES : TableFormat.LINES_WITHOUT_END;
      case "json" -> TableFormat.ARRAY; // its bracket is its end
      case "csv" -> trailer.orElse(false) ? TableFormat.CSV_WITH_END : TableFormat.CSV;
      default ->
          throw Input.bad("Parameter format is " + Input.shown(name) + ", not ndjson, json or csv");
    };
  }

  private static TableRequest.Part part(String text) {
    Matcher numbers = PART.matcher(text);
    if (numbers.matches()) {
      int number = Integer.parseInt(numbers.group(1));
      int of = Integer.parseInt(numbers.group(2));
      if (number <= of && of <= MOST_PARTS) {
        return new TableRequest.Part(number, of);
      }
    }
    throw Input.bad(
        "Parameter part is " + Input.shown(text) + ", not like 3/8, with at most " + MOST_PARTS);
  }

  /** The best liked format that we have; lines of JSON where none is named. */
  private static String preferred(List<String> accept) {
    return MediaRange.of(accept)
        .filter(range -> range.quality() > 0 && !format(range.type()).isEmpty())
        .max(Comparator.comparingDouble(MediaRange::quality))
        .map(range -> format(range.type()))
        .orElse("ndjson");
  }

  private static String format(String type) {
    return switch (type) {
      case "application/x-ndjson", "application/ndjson", "*/*", "application/*" -> "ndjson";
      case "application/json" -> "json";
      case "text/csv", "text/*" -> "csv";
      default -> "";
    };
  }
}

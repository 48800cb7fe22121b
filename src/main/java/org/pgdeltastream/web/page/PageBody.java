package org.pgdeltastream.web.page;

import java.util.List;
import java.util.Locale;
import java.util.Optional;
import org.pgdeltastream.change.Numbers;
import org.pgdeltastream.change.PageRequest;
import org.pgdeltastream.change.SlotName;
import org.pgdeltastream.web.http.BodyFields;
import org.pgdeltastream.web.http.Input;
import org.pgdeltastream.web.http.JsonTree;
import org.pgdeltastream.web.http.Parameters;

/** The body of a request for a snapshot's page. */
record PageBody(Optional<SlotName> slotName, PageRequest page) {
  private static final int USUAL_LIMIT = 1000;
  private static final long MOST_OFFSET = 999_999_999_999_999_999L;

  /**
   * Reads the body.
   *
   * @param mostRows the largest limit that is allowed; more is refused, not cut
   */
  static PageBody read(JsonTree tree, int mostRows) {
    BodyFields body = BodyFields.of(tree, "", Parameters.of(Parameters.PAGE));
    for (String other : List.of("offset", "order_by")) {
      if (body.any("after").isPresent() && body.any(other).isPresent()) {
        throw Input.bad("Field after takes no " + other + " beside it: the cursor has both");
      }
    }
    PageRequest page = page(body, mostRows);
    return new PageBody(body.text("slotName").map(Input::slotName), page);
  }

  private static PageRequest page(BodyFields body, int mostRows) {
    return new PageRequest(
        body.needed("table"),
        body.text("schema"),
        body.whole("offset", 0, 0, MOST_OFFSET),
        (int) body.whole("limit", Math.min(USUAL_LIMIT, mostRows), 0, mostRows),
        body.any("order_by").map(PageBody::orders).orElse(List.of()),
        body.texts("columns"),
        body.text("values").map(Input::numbers).orElse(Numbers.AS_NUMBERS),
        body.text("rows").map(List::of).orElse(List.of()),
        body.text("after"));
  }

  private static List<PageRequest.Order> orders(JsonTree tree) {
    if (tree instanceof JsonTree.Items list) {
      return list.items().stream().map(PageBody::order).toList();
    }
    return List.of(order(tree));
  }

  private static PageRequest.Order order(JsonTree tree) {
    BodyFields order = BodyFields.of(tree, "order_by", "column", "order", "nulls");
    return new PageRequest.Order(
        order.needed("column"),
        ascending(order.text("order").orElse("asc")),
        order.text("nulls").map(PageBody::nulls));
  }

  private static boolean ascending(String order) {
    return switch (order.toLowerCase(Locale.ROOT)) {
      case "asc" -> true;
      case "desc" -> false;
      default -> throw Input.bad("order_by.order is " + Input.shown(order) + ", not asc or desc");
    };
  }

  private static PageRequest.Nulls nulls(String nulls) {
    return switch (nulls.toLowerCase(Locale.ROOT)) {
      case "first" -> PageRequest.Nulls.FIRST;
      case "last" -> PageRequest.Nulls.LAST;
      default -> throw Input.bad("order_by.nulls is " + Input.shown(nulls) + ", not first or last");
    };
  }
}

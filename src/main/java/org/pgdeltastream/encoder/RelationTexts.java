package org.pgdeltastream.encoder;

import java.io.IOException;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.pgdeltastream.change.Begin;
import org.pgdeltastream.change.Catalog;
import org.pgdeltastream.change.Lsn;
import org.pgdeltastream.change.Relation;
import org.pgdeltastream.change.option.ChangeOptions;

/** The texts of the relations seen so far, the newest description of each. */
final class RelationTexts<T> {
  /** Makes what is the same in every change of a relation. */
  interface Maker<T> {
    T make(Relation relation, List<ColumnText> columns, ChangeOptions options) throws IOException;
  }

  private final Catalog catalog;
  private final ChangeOptions options;
  private final Maker<T> maker;
  private final Map<Integer, Known<T>> byId = new HashMap<>();
  private @Nullable Known<T> last;
  private Lsn commit = Lsn.NONE;

  private record Known<T>(Relation relation, T text) {
    /** PostgreSQL describes a relation again, with the same number, when it may have changed. */
    @SuppressWarnings("ReferenceEquality") // the same description, not an equal one
    boolean describes(Relation other) {
      return relation == other;
    }
  }

  RelationTexts(Catalog catalog, ChangeOptions options, Maker<T> maker) {
    this.catalog = catalog;
    this.options = options;
    this.maker = maker;
  }

  void begin(Begin begin) {
    commit = begin.commitLsn();
  }

  /** PostgreSQL describes all again. */
  void clear() {
    byId.clear();
    last = null;
  }

  T of(Relation relation) throws IOException {
    Known<T> known = last;
    if (known == null || !known.describes(relation)) {
      known = find(relation);
      last = known;
    }
    return known.text();
  }

  private Known<T> find(Relation relation) throws IOException {
    Known<T> known = byId.get(relation.id());
    if (known != null && known.describes(relation)) {
      return known;
    }
    List<ColumnText> columns =
        ColumnText.list(relation, catalog.details(relation, commit), options);
    Known<T> made = new Known<>(relation, maker.make(relation, columns, options));
    byId.put(relation.id(), made);
    return made;
  }
}

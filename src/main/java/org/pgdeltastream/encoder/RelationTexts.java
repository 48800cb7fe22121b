package org.pgdeltastream.encoder;

import java.io.IOException;
import java.util.HashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.pgdeltastream.change.Catalog;
import org.pgdeltastream.change.Relation;

/** The texts of the relations met so far, the newest description of each. */
final class RelationTexts {
  private final Catalog catalog;
  private final Map<Integer, RelationText> byId = new HashMap<>();
  private @Nullable RelationText last;

  RelationTexts(Catalog catalog) {
    this.catalog = catalog;
  }

  RelationText of(Relation relation) throws IOException {
    RelationText text = last;
    if (text == null || !text.describes(relation)) {
      text = find(relation);
      last = text;
    }
    return text;
  }

  private RelationText find(Relation relation) throws IOException {
    RelationText known = byId.get(relation.id());
    if (known != null && known.describes(relation)) {
      return known;
    }
    RelationText made = new RelationText(relation, catalog.details(relation));
    byId.put(relation.id(), made);
    return made;
  }
}

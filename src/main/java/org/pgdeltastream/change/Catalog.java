package org.pgdeltastream.change;

import java.util.List;

/** What pgoutput does not say about a relation; asked once for each Relation message. */
public interface Catalog {
  /** The columns' type names as {@code format_type} prints them, in the relation's order. */
  List<String> typeNames(Relation relation);
}

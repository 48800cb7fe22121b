package org.pgdeltastream.filter;

import static java.util.Comparator.comparingInt;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.pgdeltastream.change.OldTupleKind;
import org.pgdeltastream.change.Relation;
import org.pgdeltastream.change.Tuple;

/**
 * The filters on one table, found by the value of a column where they name one, so that most of
 * them are not looked at for a change. Not for two threads.
 *
 * @param <V> whose filters they are
 */
public final class FilterIndex<V> {
  /** Why it is not known what became of a row: large values were not sent. */
  public static final String TOAST = "toast";

  /**
   * Whom a change concerns.
   *
   * @param same in whose selection the row was and is
   * @param in whose selection it is now
   * @param out whose selection it was in
   * @param unsure of whom the log does not say enough, and why
   */
  public record Matches<V>(List<V> same, List<V> in, List<V> out, Map<V, String> unsure) {}

  private final Slots slots = new Slots();
  private final Row row = new Row(slots);
  private final Row old = new Row(slots);
  private final Map<V, KeyIndex.Entry<V>> entries = new HashMap<>();
  private final List<KeyIndex.Entry<V>> others = new ArrayList<>(); // without a key
  private final List<KeyIndex<V>> keys = new ArrayList<>();
  private long change; // counts them
  private boolean restricted; // somebody may not be shown all columns
  private Matches<V> found = none();

  private static <V> Matches<V> none() {
    return new Matches<>(new ArrayList<>(), new ArrayList<>(), new ArrayList<>(), new HashMap<>());
  }

  public void add(V view, RowFilter filter) {
    RowFilter.Key key =
        filter.keys().stream().min(comparingInt(this::load)).orElse(null); // the rarest value
    KeyIndex.Entry<V> entry = new KeyIndex.Entry<>(view, filter, key, slots);
    entries.put(view, entry);
    restricted |= filter.isRestricted();
    if (key == null) {
      others.add(entry);
    } else {
      keyIndex(key.column()).add(entry);
    }
    keys.removeIf(KeyIndex::isEmpty); // which were only asked
  }

  /** How many filters would be looked at for the rows of this one. */
  private int load(RowFilter.Key key) {
    return key.values().size() + keyIndex(key.column()).load(key);
  }

  public void remove(V view) {
    KeyIndex.Entry<V> entry = entries.remove(view);
    if (entry == null) {
      return;
    }
    if (entry.key() == null) {
      others.remove(entry);
    } else {
      keyIndex(entry.key().column()).remove(entry);
      keys.removeIf(KeyIndex::isEmpty);
    }
  }

  private KeyIndex<V> keyIndex(FilterColumn column) {
    int slot = slots.of(column);
    for (KeyIndex<V> one : keys) {
      if (one.slot() == slot) {
        return one;
      }
    }
    KeyIndex<V> made = new KeyIndex<>(slot);
    keys.add(made);
    return made;
  }

  public boolean isEmpty() {
    return entries.isEmpty();
  }

  /** Whose selection a new row is in. Valid until the next call, as is what the others return. */
  public Matches<V> inserted(Relation relation, Tuple newTuple) {
    start(relation);
    row.of(newTuple, null);
    candidates(row, entry -> one(entry, row, found.in()));
    return found;
  }

  /** Whose selection a row was in. */
  public Matches<V> deleted(Relation relation, OldTupleKind kind, Tuple oldTuple) {
    start(relation);
    known(row, kind, oldTuple);
    candidates(row, entry -> one(entry, row, found.out()));
    hideKeys(relation, found.out());
    return found;
  }

  /** Nobody is told which row it was who may not be shown its key. */
  private void hideKeys(Relation relation, List<V> selected) {
    if (!restricted) {
      return;
    }
    for (V view : List.copyOf(selected)) {
      KeyIndex.Entry<V> entry = entries.get(view);
      if (entry != null && !entry.showsKeys(relation)) {
        found.unsure().put(view, Row.IDENTITY);
        selected.remove(view);
      }
    }
  }

  /** Whose selection a row was in, is in, or both. */
  public Matches<V> updated(Relation relation, OldTupleKind kind, Tuple before, Tuple after) {
    start(relation);
    row.of(after, kind == OldTupleKind.FULL ? before : null);
    if (kind == OldTupleKind.NONE) {
      old.ofKeys(after); // which have not changed
    } else {
      known(old, kind, before);
    }
    candidates(row, this::both);
    candidates(old, this::both);
    hideKeys(relation, found.same());
    hideKeys(relation, found.out());
    return found;
  }

  private static void known(Row row, OldTupleKind kind, Tuple oldTuple) {
    if (kind == OldTupleKind.FULL) {
      row.of(oldTuple, null);
    } else {
      row.ofKeys(oldTuple);
    }
  }

  private void start(Relation relation) {
    slots.bind(relation);
    change++;
    if (!found.same().isEmpty()
        || !found.in().isEmpty()
        || !found.out().isEmpty()
        || !found.unsure().isEmpty()) {
      found = none();
    }
  }

  private interface Decision<V> {
    void take(KeyIndex.Entry<V> entry);
  }

  /** Those that may select the row. */
  private void candidates(Row of, Decision<V> decision) {
    for (KeyIndex.Entry<V> entry : others) {
      take(entry, decision);
    }
    for (KeyIndex<V> key : keys) {
      for (KeyIndex.Entry<V> entry : key.find(of)) {
        take(entry, decision);
      }
    }
  }

  private void take(KeyIndex.Entry<V> entry, Decision<V> decision) {
    if (entry.isFirst(change)) {
      decision.take(entry);
    }
  }

  private void one(KeyIndex.Entry<V> entry, Row of, List<V> selected) {
    int truth = decide(entry, of);
    if (truth == Predicate.TRUE) {
      selected.add(entry.view());
    }
  }

  private void both(KeyIndex.Entry<V> entry) {
    boolean was = decide(entry, old) == Predicate.TRUE;
    boolean is = decide(entry, row) == Predicate.TRUE;
    if (found.unsure().containsKey(entry.view())) {
      return;
    }
    if (was && is) {
      found.same().add(entry.view());
    } else if (is) {
      found.in().add(entry.view());
    } else if (was) {
      found.out().add(entry.view());
    }
  }

  private int decide(KeyIndex.Entry<V> entry, Row of) {
    of.forgetMissing();
    int truth = entry.predicate().of(of);
    String missing = of.missing();
    if (truth == Predicate.UNKNOWN && missing != null) {
      found.unsure().put(entry.view(), missing);
    }
    return truth;
  }
}

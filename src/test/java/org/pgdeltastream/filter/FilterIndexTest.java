package org.pgdeltastream.filter;

import static org.assertj.core.api.Assertions.assertThat;
import static org.pgdeltastream.encoder.Tuples.NULL;
import static org.pgdeltastream.encoder.Tuples.UNCHANGED;
import static org.pgdeltastream.encoder.Tuples.tuple;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.pgdeltastream.change.Column;
import org.pgdeltastream.change.OldTupleKind;
import org.pgdeltastream.change.Relation;
import org.pgdeltastream.change.ReplicaIdentity;
import org.pgdeltastream.change.TableName;
import org.pgdeltastream.change.Tuple;
import org.pgdeltastream.filter.FilterIndex.Matches;

class FilterIndexTest {
  private static final FilterColumn ID = new FilterColumn("id", 23, "integer", ValueClass.INTEGER);
  private static final FilterColumn OWNER = new FilterColumn("owner", 25, "text", ValueClass.TEXT);
  private static final Map<String, FilterColumn> COLUMNS = Map.of("id", ID, "owner", OWNER);

  private final FilterIndex<String> index = new FilterIndex<>();

  private static Relation relation(ReplicaIdentity identity, boolean ownerIsKey, int ownerType) {
    return new Relation(
        1,
        new TableName("public", "t"),
        identity,
        List.of(
            new Column(true, "id", 23, -1),
            new Column(ownerIsKey, "owner", ownerType, -1),
            new Column(false, "body", 25, -1)));
  }

  private static final Relation FULL = relation(ReplicaIdentity.FULL, true, 25);
  private static final Relation BOTH = relation(ReplicaIdentity.DEFAULT, true, 25);
  private static final Relation ONLY_ID = relation(ReplicaIdentity.DEFAULT, false, 25);

  private static RowFilter filter(String text) {
    Condition condition = Condition.parse(text);
    List<String> constants = condition.comparisons().flatMap(one -> one.values().stream()).toList();
    return RowFilter.of(condition, COLUMNS, constants);
  }

  private void add(String... filters) {
    for (String one : filters) {
      index.add(one, filter(one));
    }
  }

  @Test
  void findsWhoseRowItIs() {
    add("owner=eq.ann", "owner=in.(ann,bob)", "id=gt.5", "owner=neq.ann", "id=eq.7");
    assertThat(index.inserted(FULL, tuple("7", "ann", "x")).in())
        .containsExactlyInAnyOrder("owner=eq.ann", "owner=in.(ann,bob)", "id=gt.5", "id=eq.7");
    assertThat(index.inserted(FULL, tuple("1", "bob", "x")).in())
        .containsExactlyInAnyOrder("owner=in.(ann,bob)", "owner=neq.ann");
    assertThat(index.inserted(FULL, tuple("1", NULL, "x")).in()).isEmpty();
    assertThat(index.deleted(BOTH, OldTupleKind.KEY, tuple("7", "cid", NULL)).out())
        .containsExactlyInAnyOrder("id=gt.5", "id=eq.7", "owner=neq.ann");
  }

  @Test
  void tellsMovesFromUpdates() {
    add("owner=eq.ann", "owner=in.(ann,bob)", "owner=eq.bob", "id=lt.9");
    Matches<String> moved =
        index.updated(FULL, OldTupleKind.FULL, tuple("1", "ann", "x"), tuple("1", "bob", "y"));
    assertThat(moved.same()).containsExactlyInAnyOrder("owner=in.(ann,bob)", "id=lt.9");
    assertThat(moved.in()).containsExactly("owner=eq.bob");
    assertThat(moved.out()).containsExactly("owner=eq.ann");
    assertThat(moved.unsure()).isEmpty();
    Matches<String> unmoved =
        index.updated(BOTH, OldTupleKind.NONE, tuple(), tuple("1", "ann", "y"));
    assertThat(unmoved.same())
        .containsExactlyInAnyOrder("owner=eq.ann", "owner=in.(ann,bob)", "id=lt.9");
    assertThat(unmoved.unsure()).isEmpty();
  }

  @Test
  void takesLargeValuesFromTheOldRow() {
    add("owner=eq.ann");
    Matches<String> found =
        index.updated(FULL, OldTupleKind.FULL, tuple("1", "ann", "x"), tuple("1", UNCHANGED, "y"));
    assertThat(found.same()).containsExactly("owner=eq.ann");
  }

  @Test
  void isUnsureWhereTheLogDoesNotSay() {
    add("owner=eq.ann", "id=eq.1", "and(id.eq.2,owner.eq.ann)");
    assertThat(index.updated(ONLY_ID, OldTupleKind.NONE, tuple(), tuple("1", "bob", "x")).unsure())
        .isEqualTo(Map.of("owner=eq.ann", "identity"));
    assertThat(index.deleted(ONLY_ID, OldTupleKind.KEY, tuple("1", NULL, NULL)).unsure())
        .isEqualTo(Map.of("owner=eq.ann", "identity"));
    assertThat(index.updated(BOTH, OldTupleKind.NONE, tuple(), tuple("1", UNCHANGED, "x")).unsure())
        .isEqualTo(Map.of("owner=eq.ann", "toast"));
    Relation altered = relation(ReplicaIdentity.FULL, true, 23);
    assertThat(index.inserted(altered, tuple("2", "3", "x")).unsure())
        .isEqualTo(Map.of("owner=eq.ann", "view", "and(id.eq.2,owner.eq.ann)", "view"));
  }

  /** The type may become another that is compared alike, though its text differs. */
  @Test
  void findsTimesWhoseZoneIsNew() {
    FilterColumn at = new FilterColumn("at", 1114, "timestamp", ValueClass.TIMESTAMP);
    index.add(
        "at",
        RowFilter.of(
            Condition.parse("at=eq.2024-01-01"), Map.of("at", at), List.of("2024-01-01 00:00:00")));
    Relation altered =
        new Relation(
            2,
            new TableName("public", "t"),
            ReplicaIdentity.FULL,
            List.of(new Column(true, "at", 1184, -1)));
    assertThat(index.inserted(altered, tuple("2024-01-01 00:00:00+00")).in()).containsExactly("at");
    assertThat(index.inserted(altered, tuple("2024-01-01 00:00:01+00")).in()).isEmpty();
  }

  /** A partition may have another identity than the table that its changes are told of. */
  @Test
  void doesNotTakeAPartitionsIdentityForItsRoots() {
    add("owner=eq.ann");
    assertThat(index.updated(FULL, OldTupleKind.NONE, tuple(), tuple("1", "ann", "x")).unsure())
        .containsEntry("owner=eq.ann", "identity");
    assertThat(index.deleted(FULL, OldTupleKind.KEY, tuple("1", NULL, NULL)).unsure())
        .containsEntry("owner=eq.ann", "identity");
    assertThat(index.deleted(BOTH, OldTupleKind.KEY, tuple("1", NULL, NULL)).unsure())
        .containsEntry("owner=eq.ann", "identity");
  }

  /** Through the index as one by one, whoever comes and goes. */
  @Test
  void findsTheSameAsOneByOne() {
    Random random = new Random(7);
    List<String> present = new ArrayList<>();
    for (int round = 0; round < 3_000; round++) {
      String text = randomFilter(random);
      if (!present.contains(text)) {
        present.add(text);
        index.add(text, filter(text));
      }
      if (present.size() > 20) {
        index.remove(present.remove(random.nextInt(present.size())));
      }
      Tuple before = tuple("" + random.nextInt(4), owner(random), "x");
      Tuple after = tuple("" + random.nextInt(4), owner(random), "x");
      Matches<String> found = index.updated(FULL, OldTupleKind.FULL, before, after);
      for (String one : present) {
        FilterIndex<String> alone = new FilterIndex<>();
        alone.add(one, filter(one));
        boolean was = alone.deleted(FULL, OldTupleKind.FULL, before).out().contains(one);
        boolean is = alone.inserted(FULL, after).in().contains(one);
        assertThat(found.same().contains(one)).as(one).isEqualTo(was && is);
        assertThat(found.in().contains(one)).as(one).isEqualTo(!was && is);
        assertThat(found.out().contains(one)).as(one).isEqualTo(was && !is);
      }
    }
    present.forEach(index::remove);
    assertThat(index.isEmpty()).isTrue();
  }

  private static String owner(Random random) {
    return List.of("ann", "bob", NULL, "").get(random.nextInt(4));
  }

  private static String randomFilter(Random random) {
    String owner = List.of("ann", "bob", "").get(random.nextInt(3));
    int id = random.nextInt(4);
    return switch (random.nextInt(6)) {
      case 0 -> "owner=eq." + owner;
      case 1 -> "owner=in.(" + owner + ",bob)";
      case 2 -> "and(owner.eq.\"" + owner + "\",id.gt." + id + ")";
      case 3 -> "or(owner.eq.\"" + owner + "\",id.eq." + id + ")";
      case 4 -> "id=not.eq." + id;
      default -> "and(id.in.(" + id + ",3),owner.isdistinct.\"" + owner + "\")";
    };
  }
}

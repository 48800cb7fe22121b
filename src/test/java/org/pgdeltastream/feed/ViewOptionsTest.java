package org.pgdeltastream.feed;

import static org.assertj.core.api.Assertions.assertThat;
import static org.pgdeltastream.feed.RouterTest.columns;
import static org.pgdeltastream.feed.RouterTest.view;

import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.pgdeltastream.feed.log.Hash;

@Timeout(value = 10, unit = TimeUnit.SECONDS)
class ViewOptionsTest {
  @Test
  void hashesNeitherOrderNorFormat() {
    ViewOptions one = view("add-tables", "a.b,c.d", "actions", "insert,delete");
    assertThat(view("actions", "delete,insert", "add-tables", "c.d,a.b").hash())
        .isEqualTo(one.hash());
    assertThat(view("format", "2", "actions", "insert,delete", "add-tables", "a.b,c.d,a.b").hash())
        .isEqualTo(one.hash());
    assertThat(view("include-xids", "1", "include-types", "0").hash()).isEqualTo(view().hash());
    assertThat(view("actions", "insert,update,delete,truncate").hash()).isEqualTo(view().hash());
  }

  @Test
  void hashesWhichChangesAreShown() {
    List<ViewOptions> all =
        List.of(
            view(),
            view("add-tables", "a.b"),
            view("add-tables", "a.*"),
            view("filter-tables", "a.b"),
            view("actions", "insert"),
            view("actions", "update"),
            view("add-msg-prefixes", "a"),
            view("filter-msg-prefixes", "a"),
            columns(view(), "id"),
            columns(view(), "id", "name"),
            columns(view("add-tables", "a.b"), "id"));
    Stream<Integer> hashes = all.stream().map(ViewOptions::hash);
    assertThat(hashes.distinct()).hasSize(all.size());
  }

  @Test
  void staysTheSameFromOneVersionToTheNext() {
    assertThat(Hash.first32("abc")).isEqualTo(0xBA7816BF); // FIPS 180-2, B.1
  }
}

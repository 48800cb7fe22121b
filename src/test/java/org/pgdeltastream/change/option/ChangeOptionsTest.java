package org.pgdeltastream.change.option;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.pgdeltastream.change.Action;
import org.pgdeltastream.change.TableName;

class ChangeOptionsTest {
  @Test
  void asksForNothingByItself() {
    ChangeOptions usual = ChangeOptions.usual();
    assertThat(usual.format()).isEqualTo(ChangeOptions.Format.TRANSACTIONS);
    assertThat(usual.details())
        .containsExactlyInAnyOrder(
            Detail.SCHEMAS, Detail.TYPES, Detail.TYPE_MODIFIERS, Detail.TRANSACTION);
    assertThat(usual.actions()).containsExactlyInAnyOrder(Action.values());
    assertThat(usual.pluginOptions()).isEmpty();
    assertThat(usual.wants(new TableName("any", "thing"))).isTrue();
  }

  @Test
  void passesOnlyCheckedWordsToThePlugin() {
    ChangeOptions options =
        parse(
            Map.of(
                "include-xids", "1", "add-tables", "a.b, *.c", "values", "string", "format", "2"));
    assertThat(options.pluginOptions())
        .containsOnly(
            Map.entry("include-xids", "true"),
            Map.entry("add-tables", "a.b, *.c"),
            Map.entry("numeric-data-types-as-string", "true"));
    assertThat(options.format()).isEqualTo(ChangeOptions.Format.ACTIONS);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '`',
      textBlock =
          """
          s.t          | s     | t     | true
          s.t          | S     | t     | false
          s.*          | s     | any   | true
          *.t          | any   | t     | true
          *.*          | any   | any   | true
          \\*.t        | any   | t     | false
          \\*.t        | *     | t     | true
          s.\\*        | s     | *     | true
          s.\\*        | s     | t     | false
          s.t*         | s     | tt    | false
          a\\.b.c      | a.b   | c     | true
          a.b.c        | a     | b.c   | true
          s.a\\,b      | s     | a,b   | true
          s.a\\ b      | s     | a b   | true
          s.a\\\\b     | s     | a\\b  | true
          x.y , s.t    | s     | t     | true
          s            | s     | t     | refused
          s.t,         | s     | t     | refused
          ,s.t         | s     | t     | refused
          s.a b        | s     | a b   | refused
          s.t\\        | s     | t     | refused
          ``           | s     | t     | refused
          """)
  void matchesTablesAsWal2JsonDoes(String pattern, String schema, String table, String expected) {
    TableName name = new TableName(schema, table);
    if (expected.equals("refused")) {
      assertThatThrownBy(() -> parse(Map.of("add-tables", pattern)))
          .isInstanceOf(IllegalArgumentException.class)
          .hasMessageStartingWith("Parameter add-tables cannot be read: ");
      return;
    }
    boolean matches = Boolean.parseBoolean(expected);
    assertThat(parse(Map.of("add-tables", pattern)).wants(name)).isEqualTo(matches);
    assertThat(parse(Map.of("filter-tables", pattern)).wants(name)).isEqualTo(!matches);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      textBlock =
          """
          format | 3
          format | two
          format-version | 0
          include-xids | yes
          include-xids | TRUE
          skip-empty-xacts | on
          values | number
          actions | insert,select
          actions | INSERT
          filter-origins | 0
          filter-origins | 65536
          filter-origins | one
          filter-origins | 99999999999
          add-msg-prefixes | a,,b
          max-message | 0
          max-message | 16777217
          max-message | 1k
          """)
  void refusesOtherValuesByName(String name, String value) {
    assertThatThrownBy(() -> parse(Map.of(name, value)))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining(name);
  }

  @Test
  void readsHowLargeAMessageMayBeAndAsksNoPluginForIt() {
    assertThat(parse(Map.of()).maxMessage()).isZero();
    assertThat(parse(Map.of("max-message", "16777216")).maxMessage()).isEqualTo(16 << 20);
    assertThat(parse(Map.of("max-message", "1")).pluginOptions()).isEmpty();
  }

  @Test
  void refusesContradictions() {
    assertThatThrownBy(() -> parse(Map.of("format", "1", "format-version", "2")))
        .hasMessageContaining("format-version");
    assertThatThrownBy(
            () -> parse(Map.of("values", "string", "numeric-data-types-as-string", "false")))
        .hasMessageContaining("values");
    assertThat(parse(Map.of("format-version", "2")).format())
        .isEqualTo(ChangeOptions.Format.ACTIONS);
  }

  private static ChangeOptions parse(Map<String, String> words) {
    return ChangeOptions.parse(name -> Optional.ofNullable(words.get(name)));
  }
}

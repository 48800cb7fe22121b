package org.pgdeltastream.snapshot.table;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.pgdeltastream.change.Problem;
import org.pgdeltastream.change.ProblemException;

class TableReferenceTest {
  @ParameterizedTest
  @CsvSource(
      quoteCharacter = '`',
      value = {
        "users, , users",
        "Users_1$, , users_1$",
        "sales.USERS, sales, users",
        "\"Mixed Case\".\"a.b\", Mixed Case, a.b",
        "\"say \"\"hi\"\"\", , say \"hi\"",
        "sales.\"Ü\", sales, Ü",
        "ÜBER, , Über",
        "\"; drop table x; --\", , ; drop table x; --",
        "\"\"\"\", , \"",
      })
  void readsTablesAsSqlDoes(String text, String schema, String table) {
    assertThat(parsed(text)).isEqualTo(new TableReference(Optional.ofNullable(schema), table));
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "",
        " ",
        "\"\"",
        "users ",
        "users;",
        "users; drop table users",
        "users--",
        "users u",
        "a.b.c",
        ".users",
        "users.",
        "a..b",
        "1users",
        "$1",
        "\"open",
        "\"a\"b",
        "\"a\"\"",
        "a\"b\"",
        "users, other",
        "(select 1)",
        "us\ners",
        "\"us\ners\"",
        "\"us\u0000ers\"",
        "us\u0085ers",
        "\"\uD800\"",
        "U&\"\\0041\"",
        "pg_catalog.pg_class",
        "PG_CATALOG.pg_authid",
        "information_schema.tables",
        "pg_toast.pg_toast_1",
        "pg_temp.x",
        "pg_temp_3.x",
        "users where true",
        "users/**/",
      })
  void refusesEverythingElse(String text) {
    assertThatThrownBy(() -> parsed(text))
        .isInstanceOfSatisfying(
            ProblemException.class,
            refusal -> {
              assertThat(refusal.problem()).isEqualTo(Problem.BAD_REQUEST);
              assertThat(refusal.hint()).isNotEmpty();
              assertThat(refusal.getMessage()).doesNotContainPattern("\\p{Cntrl}");
            });
  }

  @Test
  void namesEndAt63Bytes() {
    assertThat(parsed("a".repeat(63)).table()).hasSize(63);
    assertThat(parsed("\"" + "\"\"".repeat(63) + "\"").table()).hasSize(63);
    assertThatThrownBy(() -> parsed("a".repeat(64))).hasMessageContaining("63 bytes");
    assertThatThrownBy(() -> parsed("ü".repeat(32))).hasMessageContaining("63 bytes");
    assertThatThrownBy(() -> parsed("\"" + "a".repeat(1_000_000))).hasMessageContaining("too long");
  }

  @Test
  void withSchemaBothAreExact() {
    assertThat(exact("Sales", "A.\"b\"").toString()).isEqualTo("Sales.A.\"b\"");
    assertThatThrownBy(() -> exact("pg_catalog", "pg_class"))
        .hasMessageContaining("system catalog");
    assertThatThrownBy(() -> exact("", "t")).isInstanceOf(ProblemException.class);
    assertThatThrownBy(() -> exact("s", "t\0")).isInstanceOf(ProblemException.class);
    assertThatThrownBy(() -> exact("s", "t".repeat(64))).isInstanceOf(ProblemException.class);
  }

  private static TableReference parsed(String table) {
    return TableReference.of(table, Optional.empty());
  }

  private static TableReference exact(String schema, String table) {
    return TableReference.of(table, Optional.of(schema));
  }
}

package org.pgdeltastream.slot;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.util.List;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.pgdeltastream.change.OutputPlugin;
import org.pgdeltastream.support.TestDatabase;

/**
 * What a publication of the user's own leaves out or adds, PostgreSQL does, and we say as it is.
 */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
@Tag("versions")
class UserPublicationsPostgresIT {
  private TestDatabase database;
  private TwoPlugins plugins;

  @BeforeAll
  void start() throws Exception {
    database = TestDatabase.embedded();
    plugins = new TwoPlugins(database);
  }

  @AfterEach
  void drop() throws Exception {
    plugins.end();
    plugins.run("drop publication if exists everything", "drop table if exists t, plain");
  }

  @AfterAll
  void stop() throws Exception {
    database.close();
  }

  @Test
  void tellsOnlyTheColumnsOfAColumnList() throws Exception {
    assumeTrue(plugins.serverVersion() >= 15);
    plugins.run("create table t (id int primary key, secret text default 's', name text)");
    List<String> told =
        told(
            "create publication everything for table t (id, name)",
            "include-default=1&include-pk=1&include-column-positions=1",
            "insert into t values (1, 'hidden', 'n')",
            "update t set secret = 'hidden too', name = 'm'",
            "delete from t");

    assertThat(told).hasSize(3).noneMatch(text -> text.contains("hidden"));
    assertThat(told.get(0))
        .contains(
            "\"columnnames\":[\"id\",\"name\"]",
            "\"columnpositions\":[1,3]",
            "\"columntypes\":[\"integer\",\"text\"]",
            "\"columnvalues\":[1,\"n\"]");
    assertThat(told.get(1)).contains("\"columnvalues\":[1,\"m\"]");
    assertThat(told.get(2)).contains("\"oldkeys\":{\"keynames\":[\"id\"]");
  }

  @Test
  void tellsOnlyTheRowsOfARowFilter() throws Exception {
    assumeTrue(plugins.serverVersion() >= 15);
    plugins.run("create table t (id int primary key)");
    List<String> told =
        told(
            "create publication everything for table t where (id > 10)",
            "",
            "insert into t values (1), (11)",
            "update t set id = 12 where id = 1", // comes into the filter
            "update t set id = 2 where id = 11", // leaves it
            "delete from t where id = 2");

    assertThat(told).hasSize(3);
    assertThat(told.get(0)).contains("\"columnvalues\":[11]").doesNotContain("[1]");
    assertThat(told.get(1)).contains("\"kind\":\"insert\"", "\"columnvalues\":[12]");
    assertThat(told.get(2)).contains("\"kind\":\"delete\"", "\"keyvalues\":[11]");
  }

  @Test
  void namesThePartitionOrItsRootAsThePublicationSays() throws Exception {
    assumeTrue(plugins.serverVersion() >= 13);
    for (boolean root : new boolean[] {false, true}) {
      plugins.run(
          "create table t (id int primary key, name text) partition by range (id)",
          "create table t_low (name text, id int not null)",
          "alter table t attach partition t_low for values from (0) to (100)");
      List<String> told =
          told(
              "create publication everything for table t"
                  + (root ? " with (publish_via_partition_root = true)" : ""),
              "",
              "insert into t values (1, 'a')",
              "update t set name = 'b'");

      String table = root ? "\"table\":\"t\"" : "\"table\":\"t_low\"";
      String values = root ? "[1,\"b\"]" : "[\"b\",1]";
      assertThat(told).hasSize(2).allMatch(text -> text.contains(table));
      assertThat(told.get(1)).contains("\"columnvalues\":" + values);
      drop();
    }
  }

  @Test
  void tellsGeneratedColumnsWhereThePublicationDoes() throws Exception {
    assumeTrue(plugins.serverVersion() >= 18);
    plugins.run(
        "create table t (id int primary key, twice int generated always as (id * 2) stored)");
    List<String> told =
        told(
            "create publication everything for table t with (publish_generated_columns = stored)",
            "",
            "insert into t values (4)");

    assertThat(told.get(0))
        .contains("\"columnnames\":[\"id\",\"twice\"]", "\"columnvalues\":[4,8]");
  }

  @Test
  void tellsNaNAndTheInfinitiesAsTextWhereNumbersAreText() throws Exception {
    boolean infinities = plugins.serverVersion() >= 14; // of numeric
    plugins.run("create table t (id int primary key, f float8, g float4, n numeric)");
    List<String> told =
        told(
            "create publication everything for table t",
            "numeric-data-types-as-string=1",
            "insert into t values (1, 'NaN', '-Infinity', 'NaN')",
            infinities
                ? "insert into t values (2, 'Infinity', 'NaN', '-Infinity')"
                : "insert into t values (2, 'Infinity', 'NaN', 9007199254740993)");

    assertThat(told.get(0)).contains("[\"1\",\"NaN\",\"-Infinity\",\"NaN\"]");
    assertThat(told.get(1))
        .contains(
            "[\"2\",\"Infinity\",\"NaN\",\""
                + (infinities ? "-Infinity" : "9007199254740993")
                + "\"]");
  }

  private List<String> told(String publication, String options, String... work) throws Exception {
    plugins.run(publication);
    plugins.begin(OutputPlugin.PGOUTPUT);
    plugins.run(work);
    plugins.run("checkpoint"); // only what is flushed can be peeked at
    return plugins.texts(OutputPlugin.PGOUTPUT, options);
  }
}

package org.pgdeltastream.web.rights;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.pgdeltastream.change.Action;
import org.pgdeltastream.change.ProblemException;
import org.pgdeltastream.change.TableName;
import org.pgdeltastream.rights.FeedRight;
import org.pgdeltastream.rights.Limits;
import org.pgdeltastream.rights.Rights;
import org.pgdeltastream.rights.Role;
import org.pgdeltastream.rights.TableRight;

class RightsTextTest {
  @Test
  void readsRoles() {
    Rights rights =
        RightsText.parse(
            """
            {"roles":{
               "user":{"feeds":{"main":{
                 "tables":{"public.orders":{"columns":["id","status"],"rows":"owner_id.eq.$sub",
                                            "actions":["insert","delete"]},
                           "public.a.b":{}},
                 "messages":["notice"],"snapshot":true}},
                 "limits":{"connections":5,"views":2,"snapshot-bytes":1000000}},
               "admin":{"all":true},"watch":{"monitor":true},"public":{}},
             "anonymous":"public"}
            """
                .getBytes(UTF_8));
    TableRight orders =
        new TableRight(
            Optional.of(List.of("id", "status")),
            Optional.of("owner_id.eq.$sub"),
            Set.of(Action.INSERT, Action.DELETE));
    TableRight whole = new TableRight(Optional.empty(), Optional.empty(), Set.of(Action.values()));
    FeedRight main =
        new FeedRight(
            Map.of(
                new TableName("public", "orders"), orders, new TableName("public", "a.b"), whole),
            Set.of("notice"),
            true);
    assertThat(rights.role("user"))
        .contains(
            new Role("user", false, false, Map.of("main", main), new Limits(5, 2, 1_000_000)));
    assertThat(rights.role("admin")).get().extracting(Role::all).isEqualTo(true);
    assertThat(rights.role("watch")).get().extracting(Role::monitor).isEqualTo(true);
    assertThat(rights.role("public"))
        .contains(
            new Role(
                "public",
                false,
                false,
                Map.of(),
                new Limits(Integer.MAX_VALUE, 20, Long.MAX_VALUE)));
    assertThat(rights.role("watch"))
        .get()
        .extracting(Role::limits)
        .isEqualTo(new Limits(100, 20, Long.MAX_VALUE));
    assertThat(rights.role("other")).isEmpty();
    assertThat(rights.anonymous()).contains("public");
  }

  @Test
  void takesManyRoles() {
    String roles =
        IntStream.range(0, 5_000)
            .mapToObj(i -> "\"role%d\":{\"monitor\":true}".formatted(i))
            .collect(Collectors.joining(","));
    assertThat(RightsText.parse(("{\"roles\":{" + roles + "}}").getBytes(UTF_8)).roles())
        .hasSize(5_000);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '`',
      value = {
        "[] | The body must be a JSON object",
        "{} | There are no roles",
        "{\"roles\":{\"u\":{\"al\":true}}} | Unknown field 'roles.u.al'",
        "{\"roles\":{\"u\":{\"all\":1}}} | roles.u.all must be true or false",
        "{\"roles\":{\"u\":{\"all\":true,\"feeds\":{\"m\":{}}}}} | roles.u has all, and feeds besides",
        "{\"roles\":{\"u\":{}},\"anonymous\":\"v\"} | anonymous is 'v', which is no role here",
        "{\"roles\":{\"u\":{\"all\":true}},\"anonymous\":\"u\"} | anonymous is a role with all",
        "{\"roles\":{\"u\":{\"feeds\":{\"m\":{\"tables\":{\"orders\":{}}}}}}} | 'roles.u.feeds.m.tables.orders' is not schema.table",
        "{\"roles\":{\"u\":{\"feeds\":{\"m\":{\"tables\":{\"a.b\":{\"column\":[]}}}}}}} | Unknown field 'roles.u.feeds.m.tables.a.b.column'",
        "{\"roles\":{\"u\":{\"feeds\":{\"m\":{\"tables\":{\"a.b\":{\"columns\":[]}}}}}}} | .columns names none",
        "{\"roles\":{\"u\":{\"feeds\":{\"m\":{\"tables\":{\"a.b\":{\"rows\":\"x=eq.1\"}}}}}}} | .rows cannot be read: no operator",
        "{\"roles\":{\"u\":{\"feeds\":{\"m\":{\"tables\":{\"a.b\":{\"rows\":\"x.like.$sub\"}}}}}}} | no name can stand for a word or a pattern",
        "{\"roles\":{\"u\":{\"feeds\":{\"m\":{\"tables\":{\"a.b\":{\"actions\":[\"drop\"]}}}}}}} | .actions has 'drop', not insert, update, delete or truncate",
        "{\"roles\":{\"u\":{\"feeds\":{\"m\":{\"tables\":{\"a.b\":{\"rows\":\"x.eq.$jti\"}}}}}}} | claim jti differs from token to token",
        "{\"roles\":{\"u\":{\"limits\":{\"connections\":0}}}} | roles.u.limits.connections must be a whole number from 1",
        "{\"roles\":{\"u\":{},\"u\":{}}} | twice",
      })
  void saysWhatIsWrongAndWhere(String json, String message) {
    assertThatThrownBy(() -> RightsText.parse(json.getBytes(UTF_8)))
        .isInstanceOf(ProblemException.class)
        .hasMessageContaining(message);
  }
}

package org.pgdeltastream.launch;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.pgdeltastream.support.Issuer;

/** The same client, whose tokens end, are replaced or wrong. */
@Timeout(value = 300, unit = TimeUnit.SECONDS)
class ClientTokensIT extends ClientStory {
  /** The first token that it is told has run out. */
  @Test
  void asksForATokenAgainAndThenSaysThatItIsWrong() throws Exception {
    program.close();
    program = program("-Dpgdelta.tokens=right");
    try {
      insert(1, 3);
      run(
          """
          const token = ({ refused }) => { states.push(refused); return refused ? 'right' : 'expired' }
          const client = new DeltaClient({ url: '/', token })
          await client.slots()
          const good = new DeltaClient({ url: '/', token: 'right' })
          setTimeout(() => begin(async () => {
            for await (const entry of follow(good, { slotName: 'delta_js', tables: ['public.orders'] })) take(entry)
          }))
          const bad = new DeltaClient({ url: '/', token: 'wrong' })
          try { for await (const none of bad.stream('delta_js', { delay: () => 100 })) states.push('none') }
          catch (e) { states.push(e.status) }
          """);
      awaitRows(3);
      await("the refusal")
          .atMost(SOON)
          .until(() -> browser.run("return states.join()").equals("false,true,401"));
    } finally {
      browser.open("about:blank");
      program.close();
      program = program();
    }
  }

  /** On the same connection: a page that is open for long is not told its rows again. */
  @Test
  void goesOnWithANewTokenBeforeItsOwnEnds() throws Exception {
    Issuer.Key key = Issuer.Key.of("ec", "ES256");
    Path jwks = Files.writeString(directory.resolve("jwks.json"), Issuer.jwks(key));
    Path rights =
        Files.writeString(
            directory.resolve("rights.json"),
            """
            {"roles":{"user":{"feeds":{"main":{"tables":{"public.orders":{}},"snapshot":true}}}}}
            """);
    program.close();
    program =
        program(
            "-Dpgdelta.jwks=" + jwks.toUri(),
            "-Dpgdelta.issuer=" + Issuer.NAME,
            "-Dpgdelta.audience=" + Issuer.AUDIENCE,
            "-Dpgdelta.rights=" + rights);
    try {
      insert(1, 3);
      Instant end = Instant.now().plusSeconds(15);
      Map<String, Object> claims = Issuer.claims("ann", "user", Instant.now());
      run(
          """
          const token = ({ expires }) => { states.push(expires ? 'renewed' : 'first'); return expires ? '%s' : '%s' }
          const client = new DeltaClient({ url: '/', token })
          for await (const entry of follow(client, { feed: 'main', tables: ['public.orders'] })) take(entry)
          """
              .formatted(
                  key.token(claims), key.token(Issuer.with(claims, "exp", end.getEpochSecond()))));
      awaitRows(3);
      await("the first token's end")
          .atMost(SOON)
          .until(() -> Instant.now().isAfter(end.plusSeconds(2)));
      insert(4, 4);
      awaitRows(4);
      assertThat(browser.run("return states.join() + ' ' + resets")).isEqualTo("first,renewed 1");
    } finally {
      browser.open("about:blank");
      program.close();
      program = program();
    }
  }

  /** It streams with a token that the server then does not know any more. */
  @ParameterizedTest
  @ValueSource(strings = {"slotName: 'delta_js'", "feed: 'main'"})
  void asksForANewTokenWhereItsOwnIsReplaced(String source) throws Exception {
    program.close();
    program = program("-Dpgdelta.tokens=first");
    try {
      insert(1, 3);
      run(
          """
          let known = window.fresh = 'first'
          const token = ({ refused }) => { states.push(refused); if (refused) known = fresh; return known }
          const client = new DeltaClient({ url: '/', token })
          for await (const entry of follow(client, { %s, tables: ['public.orders'], delay: () => 200 })) take(entry)
          """
              .formatted(source));
      awaitRows(3);
      insert(4, 4);
      awaitRows(4);
      assertThat(browser.run("return states.includes(true)")).isEqualTo("false");

      program.kill();
      insert(5, 10);
      browser.run("fresh = 'second'");
      program = program("-Dpgdelta.tokens=second");
      awaitRows(10);
      insert(11, 12);
      awaitRows(12);
      assertThat(browser.run("return states.includes(true) + ' ' + resets")).isEqualTo("true 1");
    } finally {
      browser.open("about:blank");
      program.close();
      program = program();
    }
  }
}

package org.pgdeltastream.client;

import java.util.Optional;

/**
 * What a stream or a feed has sent: a transaction, unless {@code format=2} or {@code max-message}
 * was asked for.
 *
 * @param text JSON, as the server wrote it: {@code {"nextlsn":"0/1792448","change":[…]}}
 * @param position what to store, and to give to {@link StreamBuilder#from} later: of a slot an LSN
 *     ({@code 0/1792448}), of a feed {@code 7f3a9c1e.1.5d2e8a01.0/1792448}. Nothing where the
 *     message ends no transaction: part of one, or a non-transactional logical message
 */
public record Message(String text, Optional<String> position) {
  /** The transaction's end in PostgreSQL's log, such as {@code 0/1792448}. */
  public Optional<String> lsn() {
    return position.map(Positions::lsnOf);
  }

  /** Whether it ends at this LSN or behind it; false if it has no position. */
  public boolean reaches(String wanted) {
    return position.filter(at -> Positions.isReached(wanted, at)).isPresent();
  }

  /**
   * Whether nothing happened in it. Such a message moves the position on while other tables or
   * databases are written: at most one comes every ten seconds, from wal2json one for each
   * transaction without a wanted change.
   */
  public boolean isEmpty() {
    return JsonText.member(text, "change").filter("[]"::equals).isPresent();
  }
}

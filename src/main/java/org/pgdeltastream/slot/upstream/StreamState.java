package org.pgdeltastream.slot.upstream;

/**
 * The life of a stream, from the check of its slot to the close of its client.
 *
 * <pre>
 *                 BEHIND                 CAUGHT_UP
 *  CONNECTING ─────────────▶ CATCHING_UP ──────────▶ STREAMING
 *   ▲  │   │                      │                   ▲   │
 *   │  │   └───────────── CAUGHT_UP ──────────────────┘   │
 *   │  │ LOST                     │ LOST                  │ LOST
 *   │  ▼                          ▼                       │
 *  HOLDING ◀──────────────────────┴───────────────────────┘
 *   (RETRY leads back to CONNECTING)
 *
 *  each of these ── END ──▶ ENDING ── ENDED ──▶ OVER
 * </pre>
 *
 * <p>Once it is ending, its connection to PostgreSQL cannot change that.
 */
public enum StreamState {
  /** Checks the slot and opens a connection; also before the first one. */
  CONNECTING,
  /** Queries read what the slot has missed. */
  CATCHING_UP,
  /** The reader reads from the walsender. */
  STREAMING,
  /** PostgreSQL was lost; the client stays and waits for the next attempt. */
  HOLDING,
  /** Asked to end; the reader's thread has not finished yet. */
  ENDING,
  /** The slot is free for the next client. */
  OVER;

  /** What happens to a stream. */
  enum Event {
    BEHIND,
    CAUGHT_UP,
    LOST,
    RETRY,
    END,
    ENDED
  }

  StreamState on(Event event) {
    return switch (this) {
      case CONNECTING ->
          switch (event) {
            case BEHIND -> CATCHING_UP;
            case CAUGHT_UP -> STREAMING;
            case LOST -> HOLDING;
            case END -> ENDING;
            case RETRY, ENDED -> throw refuse(event);
          };
      case CATCHING_UP ->
          switch (event) {
            case CAUGHT_UP -> STREAMING;
            case LOST -> HOLDING;
            case END -> ENDING;
            case BEHIND, RETRY, ENDED -> throw refuse(event);
          };
      case STREAMING ->
          switch (event) {
            case LOST -> HOLDING;
            case END -> ENDING;
            case BEHIND, CAUGHT_UP, RETRY, ENDED -> throw refuse(event);
          };
      case HOLDING ->
          switch (event) {
            case RETRY -> CONNECTING;
            case END -> ENDING;
            case BEHIND, CAUGHT_UP, LOST, ENDED -> throw refuse(event);
          };
      case ENDING ->
          switch (event) {
            case ENDED -> OVER;
            case BEHIND, CAUGHT_UP, LOST, RETRY, END -> ENDING;
          };
      case OVER ->
          switch (event) {
            case END -> OVER; // the client may go at any time
            case BEHIND, CAUGHT_UP, LOST, RETRY, ENDED -> throw refuse(event);
          };
    };
  }

  /** The stream reads from a connection to PostgreSQL. */
  public boolean isReading() {
    return switch (this) {
      case CATCHING_UP, STREAMING -> true;
      case CONNECTING, HOLDING, ENDING, OVER -> false;
    };
  }

  /** PostgreSQL is away, or not there yet. */
  public boolean isAway() {
    return switch (this) {
      case CONNECTING, HOLDING -> true;
      case CATCHING_UP, STREAMING, ENDING, OVER -> false;
    };
  }

  private IllegalStateException refuse(Event event) {
    return new IllegalStateException("A stream that is " + this + " cannot take " + event);
  }
}

package org.pgdeltastream.change;

/** A request that cannot be met; the message says what and where, the hint what to do. */
public final class ProblemException extends RuntimeException {
  private static final long serialVersionUID = 1L;

  private final Problem problem;
  private final String hint;

  public ProblemException(Problem problem, String message, String hint) {
    super(message);
    this.problem = problem;
    this.hint = hint;
  }

  public ProblemException(Problem problem, String message, String hint, Throwable cause) {
    super(message, cause);
    this.problem = problem;
    this.hint = hint;
  }

  public Problem problem() {
    return problem;
  }

  /** What to do; empty if the message says it all. */
  public String hint() {
    return hint;
  }
}

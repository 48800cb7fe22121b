package org.pgdeltastream.web;

/**
 * A setting that stops the deployment. Without a stack trace, since servers print it and it says
 * nothing to an operator.
 */
final class BadSettingException extends IllegalArgumentException {
  private static final long serialVersionUID = 1L;

  BadSettingException(IllegalArgumentException why) {
    super(why.getMessage());
  }

  @Override
  public synchronized Throwable fillInStackTrace() {
    return this;
  }
}

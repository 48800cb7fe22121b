package org.pgdeltastream.web;

/**
 * A setting that stops the deployment. Without a stack trace, since the place in our code says
 * nothing to an operator, and servers print it.
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

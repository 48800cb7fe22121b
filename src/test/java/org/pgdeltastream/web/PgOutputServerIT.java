package org.pgdeltastream.web;

/** The WAR on a server that allows pgoutput alone, through the container's websocket. */
class PgOutputServerIT extends SubscriberStory {
  PgOutputServerIT() {
    super("endpoint");
  }
}

package org.pgdeltastream.web.stream;

import jakarta.websocket.server.ServerEndpoint;

/** The same for a look at the newest changes, without a slot of the client's. */
@ServerEndpoint(value = "/v1/lr/tail", configurator = StreamConfigurator.class)
public class TailEndpoint extends StreamEndpoint {}

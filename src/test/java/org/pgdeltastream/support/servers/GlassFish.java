package org.pgdeltastream.support.servers;

import java.io.IOException;
import java.util.List;

final class GlassFish extends ServerProcess {
  GlassFish(Setup setup) throws IOException {
    super("glassfish", setup);
  }

  @Override
  void prepare() {}

  @Override
  List<String> command() {
    return List.of();
  }

  @Override
  void deploy() {}

  @Override
  void undeploy() {}
}

package org.pgdeltastream.support.servers;

import java.io.IOException;
import java.util.List;

final class Liberty extends ServerProcess {
  Liberty(Setup setup) throws IOException {
    super("liberty", setup);
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

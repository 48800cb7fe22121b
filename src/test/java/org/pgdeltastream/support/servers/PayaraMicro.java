package org.pgdeltastream.support.servers;

import java.io.IOException;
import java.util.List;

final class PayaraMicro extends ServerProcess {
  PayaraMicro(Setup setup) throws IOException {
    super("payara", setup);
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

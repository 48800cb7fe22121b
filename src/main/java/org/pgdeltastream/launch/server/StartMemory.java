package org.pgdeltastream.launch.server;

import static java.lang.System.Logger.Level.DEBUG;

import java.lang.management.ManagementFactory;
import java.util.Arrays;
import javax.management.JMException;
import javax.management.MBeanServer;
import javax.management.ObjectName;
import javax.management.openmbean.CompositeData;

/**
 * The memory that a server's start needs, and the server then does not. The JVM is asked by names:
 * not each has these beans.
 */
public final class StartMemory {
  private static final System.Logger LOG = System.getLogger(StartMemory.class.getName());
  private static final String LEAST_FREE = "MinHeapFreeRatio";
  private static final String MOST_FREE = "MaxHeapFreeRatio";

  private StartMemory() {}

  /** Gives it back to the system, where the JVM can (StreamBenchmark W3 with bench.heap=128m). */
  public static void giveBack() {
    try {
      keepLessHeapFree();
      System.gc();
      call("DiagnosticCommand", "systemTrimNativeHeap"); // what the compilers took, with glibc
    } catch (JMException | RuntimeException e) {
      LOG.log(DEBUG, "This JVM keeps the memory of the start: " + e);
    }
  }

  /** Usually up to 70 percent are kept: after a start, some 30 MB. */
  private static void keepLessHeapFree() throws JMException {
    if (isDefault(LEAST_FREE) && isDefault(MOST_FREE)) {
      call("HotSpotDiagnostic", "setVMOption", LEAST_FREE, "20");
      call("HotSpotDiagnostic", "setVMOption", MOST_FREE, "40");
    }
  }

  private static boolean isDefault(String option) throws JMException {
    return call("HotSpotDiagnostic", "getVMOption", option) instanceof CompositeData known
        && "DEFAULT".equals(known.get("origin"));
  }

  private static Object call(String bean, String operation, String... arguments)
      throws JMException {
    MBeanServer server = ManagementFactory.getPlatformMBeanServer();
    String[] types = new String[arguments.length];
    Arrays.fill(types, String.class.getName());
    return server.invoke(
        new ObjectName("com.sun.management:type=" + bean), operation, arguments, types);
  }
}

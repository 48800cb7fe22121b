package org.pgdeltastream.launch;

import static java.lang.System.Logger.Level.DEBUG;

import com.sun.management.HotSpotDiagnosticMXBean;
import com.sun.management.VMOption;
import java.lang.management.ManagementFactory;
import javax.management.JMException;
import javax.management.ObjectName;

/** The memory that a server's start needs, and the server then does not. */
final class StartMemory {
  private static final System.Logger LOG = System.getLogger(StartMemory.class.getName());

  private StartMemory() {}

  /** Gives it back to the system, where the JVM can (StreamBenchmark W3 with bench.heap=128m). */
  static void giveBack() {
    try {
      keepLessHeapFree(ManagementFactory.getPlatformMXBean(HotSpotDiagnosticMXBean.class));
      System.gc();
      // what the compilers took; glibc keeps it otherwise
      ManagementFactory.getPlatformMBeanServer()
          .invoke(
              new ObjectName("com.sun.management:type=DiagnosticCommand"),
              "systemTrimNativeHeap",
              null,
              null);
    } catch (JMException | RuntimeException e) {
      LOG.log(DEBUG, "This JVM keeps the memory of the start: " + e);
    }
  }

  /** Usually up to 70 percent are kept: after a start, some 30 MB. */
  private static void keepLessHeapFree(HotSpotDiagnosticMXBean jvm) {
    if (jvm.getVMOption("MaxHeapFreeRatio").getOrigin() == VMOption.Origin.DEFAULT) {
      jvm.setVMOption("MinHeapFreeRatio", "20");
      jvm.setVMOption("MaxHeapFreeRatio", "40");
    }
  }
}

package org.pgdeltastream.launch.server;

import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import org.apache.xbean.asm9.ClassReader;
import org.apache.xbean.asm9.ClassVisitor;
import org.apache.xbean.asm9.ClassWriter;
import org.apache.xbean.asm9.MethodVisitor;
import org.apache.xbean.asm9.Opcodes;
import org.jspecify.annotations.Nullable;

/**
 * Writes a copy of one TomEE class that starts on JDK 24 and later, where no policy can be
 * installed any more. The build runs it; the copy goes in front of TomEE's jars. It enforces no
 * roles of EJBs.
 */
public final class SecurityPatch {
  private static final String PATCHED =
      "org/apache/openejb/core/security/AbstractSecurityService.class";

  private SecurityPatch() {}

  /** Writes the class below the directory that is named. */
  public static void main(String[] arguments) throws IOException {
    Path target = Path.of(arguments[0]).resolve(PATCHED);
    Files.createDirectories(target.resolveSibling("."));
    Files.write(target, patched());
  }

  private static byte[] patched() throws IOException {
    try (InputStream original = SecurityPatch.class.getClassLoader().getResourceAsStream(PATCHED)) {
      if (original == null) {
        throw new IOException("Not on the class path: " + PATCHED);
      }
      ClassReader reader = new ClassReader(original);
      ClassWriter writer = new ClassWriter(reader, 0);
      reader.accept(new Rewriter(writer), 0);
      return writer.toByteArray();
    }
  }

  private static final class Rewriter extends ClassVisitor {
    Rewriter(ClassWriter writer) {
      super(Opcodes.ASM9, writer);
    }

    @Override
    public @Nullable MethodVisitor visitMethod(
        int access,
        String name,
        String descriptor,
        @Nullable String signature,
        String @Nullable [] exceptions) {
      MethodVisitor method = super.visitMethod(access, name, descriptor, signature, exceptions);
      return switch (name) {
        case "installPolicy" -> replaceBody(method, Opcodes.NOP, Opcodes.RETURN);
        case "isCallerAuthorized" -> replaceBody(method, Opcodes.ICONST_1, Opcodes.IRETURN);
        default -> method;
      };
    }

    /** Null, so that the original body is dropped. */
    private static @Nullable MethodVisitor replaceBody(
        MethodVisitor method, int first, int second) {
      method.visitCode();
      method.visitInsn(first);
      method.visitInsn(second);
      method.visitMaxs(1, 8);
      method.visitEnd();
      return null;
    }
  }
}

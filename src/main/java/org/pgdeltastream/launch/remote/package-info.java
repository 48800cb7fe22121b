/** The commands that ask a running server, by the Java client. They need the JDK alone. */
@NullMarked
package org.pgdeltastream.launch.remote;

import org.jspecify.annotations.NullMarked;

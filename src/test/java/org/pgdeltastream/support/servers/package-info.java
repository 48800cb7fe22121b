/** The application servers that the tests start, with the WAR and what is in server-config. */
@NullMarked
package org.pgdeltastream.support.servers;

import org.jspecify.annotations.NullMarked;

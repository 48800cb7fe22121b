/** Who may call: addresses, Hosts, Origins, tokens. */
@NullMarked
package org.pgdeltastream.web.access;

import org.jspecify.annotations.NullMarked;
